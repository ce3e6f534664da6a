package main

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"sync"
)

// bodyOf makes the body with this number: see src/bodies.ts.
func bodyOf(index, size int) []byte {
	body := append(strconv.AppendInt(nil, int64(index), 10), ':')
	value := byte(index)
	for left := index * 7919 % (size + 1); left > 0; left-- {
		body = append(body, value)
		value += 31
	}
	return body
}

// tally adds up the bodies that came, in any order.
type tally struct {
	mutex      sync.Mutex
	prints     map[uint64]bool
	sum        uint64
	deliveries int
	attempts   uint16
	finished   int
}

func newTally() *tally {
	return &tally{prints: map[uint64]bool{}}
}

func (t *tally) add(body []byte, attempts uint16) {
	hash := sha256.Sum256(body)
	print := binary.BigEndian.Uint64(hash[:8])
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.deliveries++
	t.attempts = max(t.attempts, attempts)
	if !t.prints[print] {
		t.prints[print] = true
		t.sum += print
	}
}

// finish counts a message as answered with FIN and says whether all of these bodies are.
func (t *tally) finish(count int) bool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.finished++
	return t.finished >= count && len(t.prints) == count
}

func (t *tally) result() map[string]any {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return map[string]any{
		"received":    len(t.prints),
		"deliveries":  t.deliveries,
		"digest":      fmt.Sprintf("%016x", t.sum),
		"maxAttempts": t.attempts,
	}
}
