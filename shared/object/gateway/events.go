package gateway

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gofiber/fiber/v3"
	"github.com/versity/versitygw/s3event"
)

// Event says that an object was written.
type Event struct {
	Bucket string
	Key    string
}

const (
	eventQueue   = 1024
	eventWritten = "s3:ObjectCreated:"
)

// events passes the server's events on to one function, in a goroutine of its own.
type events struct {
	queue   chan Event // nil if nobody listens
	dropped atomic.Int64
	done    chan struct{}
	mu      sync.RWMutex // held for writing once, when the queue closes
	closed  bool
}

func newEvents(receive func(Event)) *events {
	e := &events{done: make(chan struct{})}
	if receive == nil {
		close(e.done)
		return e
	}
	e.queue = make(chan Event, eventQueue)
	go func() {
		defer close(e.done)
		for event := range e.queue {
			receive(event)
		}
	}()
	return e
}

// SendEvent is called by the server after a request. The strings of a request are in buffers that the next
// one overwrites, so they are copied. A full queue loses the event: a writer never waits for a reader.
func (e *events) SendEvent(ctx fiber.Ctx, about s3event.EventMeta) {
	if e.queue == nil || !strings.HasPrefix(string(about.EventName), eventWritten) {
		return
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(ctx.Path(), "/"), "/")
	event := Event{strings.Clone(bucket), strings.Clone(key)}
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.closed {
		return
	}
	select {
	case e.queue <- event:
	default:
		e.dropped.Add(1)
	}
}

// Close waits until what is queued was delivered.
func (e *events) Close() error {
	e.mu.Lock()
	if !e.closed && e.queue != nil {
		close(e.queue)
	}
	e.closed = true
	e.mu.Unlock()
	<-e.done
	return nil
}
