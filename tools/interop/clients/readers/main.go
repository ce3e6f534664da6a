// Command readers reads the HTTP APIs of nsqd and nsqlookupd as monitoring and scaling programs do.
// Its first argument says as which one, the second has the parameters as JSON. It prints one line of JSON.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

type params struct {
	Nsqds      []string // HTTP addresses
	Lookupds   []string // HTTP addresses
	Topic      string
	Channel    string
	DeadlineMs int
}

func main() {
	var p params
	if len(os.Args) != 3 {
		fail(errors.New("usage: readers READER PARAMETERS"))
	}
	if err := json.Unmarshal([]byte(os.Args[2]), &p); err != nil {
		fail(err)
	}
	time.AfterFunc(time.Duration(p.DeadlineMs)*time.Millisecond, func() { fail(errors.New("out of time")) })
	readers := map[string]func(params) (any, error){"depth": scalerDepth, "stats": telegrafStats, "metrics": promtoolMetrics}
	read, ok := readers[os.Args[1]]
	if !ok {
		fail(fmt.Errorf("unknown reader %q", os.Args[1]))
	}
	result, err := read(p)
	if err != nil {
		fail(err)
	}
	say(result)
}

func say(result any) {
	line, err := json.Marshal(result)
	if err != nil {
		fail(err)
	}
	fmt.Println(string(line))
}

func fail(err error) {
	fmt.Println(string(must(json.Marshal(map[string]string{"error": err.Error()}))))
	os.Exit(1)
}

func must(line []byte, _ error) []byte { return line }
