package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// What Prometheus 3 sends.
const accept = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5," +
	"text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"

// promtoolMetrics scrapes /metrics, parses it with Prometheus' own parser and checks it as `promtool check metrics` does.
func promtoolMetrics(p params) (any, error) {
	pages := []map[string]any{}
	for _, address := range append(append([]string{}, p.Nsqds...), p.Lookupds...) {
		page, err := scrape("http://"+address+"/metrics", p)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", address, err)
		}
		pages = append(pages, page)
	}
	return map[string]any{"pages": pages}, nil
}

func scrape(address string, p params) (map[string]any, error) {
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", accept)
	request.Header.Set("User-Agent", "Prometheus/3.0.0")
	request.Header.Set("X-Prometheus-Scrape-Timeout-Seconds", "10")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	format := expfmt.ResponseFormat(response.Header)
	if response.StatusCode != http.StatusOK || format.FormatType() == expfmt.TypeUnknown {
		return nil, fmt.Errorf("%s, %s", response.Status, response.Header.Get("Content-Type"))
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	problems, err := promlint.New(bytes.NewReader(body)).Lint()
	if err != nil {
		return nil, err
	}
	texts := []string{}
	for _, problem := range problems {
		texts = append(texts, problem.Metric+": "+problem.Text)
	}
	depth, _ := depthOf(families["nsq_channel_depth"], p)
	return map[string]any{"families": len(families), "problems": texts, "depth": depth}, nil
}

// depthOf finds the depth of the channel; -1 when there is none.
func depthOf(family *dto.MetricFamily, p params) (float64, bool) {
	for _, metric := range family.GetMetric() {
		labels := map[string]string{}
		for _, label := range metric.GetLabel() {
			labels[label.GetName()] = label.GetValue()
		}
		if labels["topic"] == p.Topic && labels["channel"] == p.Channel {
			return metric.GetGauge().GetValue(), true
		}
	}
	return -1, false
}
