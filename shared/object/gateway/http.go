package gateway

import (
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/valyala/fasthttp"
)

const (
	maxDrain     = 16 << 20 // more than object/s3 sends in one request
	drainTimeout = 10 * time.Second
)

// drain reads the rest of a body whose request was answered early ("the object exists already"). The server
// itself reads 256 KiB and closes the connection; a client that still sends sees it reset instead of the
// answer.
func drain(c fiber.Ctx) error {
	err := c.Next()
	body := c.Request().BodyStream()
	if body == nil || c.Request().Header.ContentLength() <= 0 {
		return err
	}
	connection := c.RequestCtx().Conn()
	if e := connection.SetReadDeadline(time.Now().Add(drainTimeout)); e != nil {
		return err
	}
	// What cannot be read ends the connection when the server tries to go on with it.
	_, _ = io.CopyN(io.Discard, body, maxDrain)
	_ = connection.SetReadDeadline(time.Time{})
	return err
}

// newQuiet returns a handler that, at the first request, turns off what the HTTP server prints about broken
// connections and requests that it cannot read. There is no other way to it than by a request.
func newQuiet() fiber.Handler {
	var once sync.Once
	return func(c fiber.Ctx) error {
		once.Do(func() {
			server := c.App().Server()
			server.Logger = silent{}
			server.ErrorHandler = func(request *fasthttp.RequestCtx, _ error) {
				request.Error(http.StatusText(http.StatusBadRequest), http.StatusBadRequest)
				request.SetConnectionClose()
			}
		})
		return c.Next()
	}
}

// silent is a logger that prints nothing.
type silent struct{}

// Printf is what the server calls.
func (silent) Printf(string, ...any) {}
