package badinput_test

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"multipoint/shared/charset"
)

// encoded writes a text in an encoding that can hold it.
func encoded(encoding, text string) string {
	e, ok := charset.Parse(encoding)
	out, badAt := charset.Encoder{Encoding: e}.Append(nil, []byte(text))
	if !ok || badAt >= 0 {
		panic("the text cannot be written")
	}
	return string(out)
}

// watchHeap looks at the live and dead heap every few milliseconds; the result stops it and gives the most.
func watchHeap(t *testing.T) func() uint64 {
	t.Helper()
	debug.FreeOSMemory()
	stop, done := make(chan struct{}), make(chan uint64)
	go func() {
		most := uint64(0)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse)
			select {
			case <-stop:
				done <- most
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() uint64 {
		close(stop)
		return <-done
	}
}
