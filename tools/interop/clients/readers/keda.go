package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
)

type producers struct {
	Producers []struct {
		HTTPPort         int    `json:"http_port"`
		BroadcastAddress string `json:"broadcast_address"`
	}
}

type depths struct {
	Topics []struct {
		TopicName string `json:"topic_name"`
		Depth     int64  `json:"depth"`
		Channels  []struct {
			ChannelName string `json:"channel_name"`
			Depth       int64  `json:"depth"`
			Paused      bool   `json:"paused"`
		}
	}
}

// scalerDepth asks as the nsq scaler of KEDA does: the nsqlookupds for the nsqds that have the topic, and those for the depth of the
// channel. A paused channel counts as nothing; a topic without the channel counts with its own depth; an unknown topic is no error.
func scalerDepth(p params) (any, error) {
	hosts := map[string]bool{}
	for _, lookupd := range p.Lookupds {
		var found producers
		query := url.Values{"topic": {p.Topic}}
		if err := getJSON("http://"+lookupd+"/lookup?"+query.Encode(), "application/json; charset=utf-8", true, &found); err != nil {
			return nil, err
		}
		for _, producer := range found.Producers {
			hosts[net.JoinHostPort(producer.BroadcastAddress, strconv.Itoa(producer.HTTPPort))] = true
		}
	}
	var sum int64
	for host := range hosts {
		var stats depths
		query := url.Values{"format": {"json"}, "include_clients": {"false"}, "include_mem": {"false"}, "topic": {p.Topic}}
		if err := getJSON("http://"+host+"/stats?"+query.Encode(), "", false, &stats); err != nil {
			return nil, err
		}
		for _, topic := range stats.Topics {
			depth := topic.Depth
			for _, channel := range topic.Channels {
				if channel.ChannelName == p.Channel && channel.Paused {
					depth = 0
				} else if channel.ChannelName == p.Channel {
					depth = channel.Depth
				}
			}
			sum += depth
		}
	}
	return map[string]any{"nsqds": len(hosts), "depth": sum}, nil
}

func getJSON(address, accept string, absent bool, into any) error {
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	if accept != "" {
		request.Header.Set("Accept", accept)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if absent && response.StatusCode == http.StatusNotFound {
		return nil
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", address, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(into)
}
