// Command go-nsq does with github.com/nsqio/go-nsq what its first argument says; the second has the parameters as JSON.
// It prints one line of JSON, and ends when its standard input does.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	nsq "github.com/nsqio/go-nsq"
)

type params struct {
	Nsqd         string
	Lookupds     []string
	Topic        string
	Channel      string
	First        int
	Count        int
	Size         int
	Batch        int
	DelayMs      int
	PauseMs      int
	HoldMs       int
	TouchMs      int
	MaxInFlight  int
	MsgTimeoutMs int
	TLSCa        string
	Compression  string
	Secret       string
	DeadlineMs   int
}

// handlers run at the same time: as many as the messages that `touch` holds, at least.
const handlers = 8

func main() {
	var p params
	if len(os.Args) != 3 {
		fail(errors.New("usage: go-nsq ACTION PARAMETERS"))
	}
	if err := json.Unmarshal([]byte(os.Args[2]), &p); err != nil {
		fail(err)
	}
	time.AfterFunc(time.Duration(p.DeadlineMs)*time.Millisecond, func() { fail(errors.New("out of time")) })
	config, err := p.config()
	if err != nil {
		fail(err)
	}
	var result map[string]any
	switch action := os.Args[1]; action {
	case "publish", "mpub", "defer", "persist":
		result, err = produce(action, p, config)
	case "consume", "requeue", "touch", "timeout":
		result, err = consume(action, p, config)
	default:
		err = fmt.Errorf("unknown action %q", action)
	}
	if err != nil {
		fail(err)
	}
	say(result)
	_, _ = io.Copy(io.Discard, os.Stdin) // the connections stay until they have been looked at
}

func say(result map[string]any) {
	line, _ := json.Marshal(result)
	fmt.Println(string(line))
}

func fail(err error) {
	say(map[string]any{"error": err.Error()})
	os.Exit(1)
}

func (p params) config() (*nsq.Config, error) {
	config := nsq.NewConfig()
	config.LookupdPollInterval = time.Second
	config.MaxInFlight = p.MaxInFlight
	config.MsgTimeout = time.Duration(p.MsgTimeoutMs) * time.Millisecond
	config.AuthSecret = p.Secret
	config.Deflate = p.Compression == "deflate"
	config.Snappy = p.Compression == "snappy"
	if p.TLSCa != "" {
		pem, err := os.ReadFile(p.TLSCa)
		if err != nil {
			return nil, err
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(pem)
		config.TlsV1 = true
		config.TlsConfig = &tls.Config{RootCAs: roots, ServerName: "localhost"}
	}
	return config, nil
}

func quiet() *log.Logger {
	return log.New(os.Stderr, "", log.Lmicroseconds)
}

func produce(action string, p params, config *nsq.Config) (map[string]any, error) {
	producer, err := nsq.NewProducer(p.Nsqd, config)
	if err != nil {
		return nil, err
	}
	producer.SetLogger(quiet(), nsq.LogLevelWarning)
	end := p.First + p.Count
	for index := p.First; index < end && err == nil; {
		switch action {
		case "publish":
			err = producer.Publish(p.Topic, bodyOf(index, p.Size))
			index++
		case "defer":
			err = producer.DeferredPublish(p.Topic, time.Duration(p.DelayMs)*time.Millisecond, bodyOf(index, p.Size))
			index++
		case "mpub":
			var batch [][]byte
			for ; len(batch) < p.Batch && index < end; index++ {
				batch = append(batch, bodyOf(index, p.Size))
			}
			err = producer.MultiPublish(p.Topic, batch)
		case "persist":
			if producer.Publish(p.Topic, bodyOf(index, p.Size)) == nil {
				index++
			}
			time.Sleep(time.Duration(p.PauseMs) * time.Millisecond)
		}
	}
	return map[string]any{"published": p.Count}, err
}

func consume(action string, p params, config *nsq.Config) (map[string]any, error) {
	config.MaxAttempts = 0
	consumer, err := nsq.NewConsumer(p.Topic, p.Channel, config)
	if err != nil {
		return nil, err
	}
	consumer.SetLogger(quiet(), nsq.LogLevelWarning)
	seen := newTally()
	done := make(chan struct{}, 1)
	consumer.AddConcurrentHandlers(nsq.HandlerFunc(func(message *nsq.Message) error {
		message.DisableAutoResponse()
		seen.add(message.Body, message.Attempts)
		switch {
		case action == "requeue" && message.Attempts == 1:
			message.RequeueWithoutBackoff(time.Duration(p.DelayMs) * time.Millisecond)
			return nil
		case action == "timeout" && message.Attempts == 1:
			return nil
		case action == "touch":
			for held := 0; held < p.HoldMs; held += p.TouchMs {
				time.Sleep(time.Duration(p.TouchMs) * time.Millisecond)
				message.Touch()
			}
		}
		message.Finish()
		if seen.finish(p.Count) {
			select {
			case done <- struct{}{}:
			default:
			}
		}
		return nil
	}), handlers)
	if len(p.Lookupds) > 0 {
		err = consumer.ConnectToNSQLookupds(p.Lookupds)
	} else {
		err = consumer.ConnectToNSQD(p.Nsqd)
	}
	if err != nil {
		return nil, err
	}
	<-done
	return seen.result(), nil
}
