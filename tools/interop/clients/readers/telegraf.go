package main

import (
	"time"

	"github.com/influxdata/telegraf"
	"github.com/influxdata/telegraf/plugins/inputs/nsq"
)

// collector keeps what a plugin collects; of an accumulator's methods the plugin uses these two.
type collector struct {
	telegraf.Accumulator
	found []map[string]any
	err   error
}

func (c *collector) AddFields(name string, fields map[string]any, tags map[string]string, _ ...time.Time) {
	c.found = append(c.found, map[string]any{"name": name, "tags": tags, "fields": fields})
}

func (c *collector) AddError(err error) {
	if err != nil {
		c.err = err
	}
}

// telegrafStats runs Telegraf's own plugin on one nsqd and returns what it collected.
func telegrafStats(p params) (any, error) {
	var collected collector
	plugin := &nsq.NSQ{Endpoints: []string{"http://" + p.Nsqds[0]}}
	if err := plugin.Gather(&collected); err != nil {
		return nil, err
	}
	return map[string]any{"measurements": collected.found}, collected.err
}
