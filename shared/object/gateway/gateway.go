// Package gateway runs an S3 server inside the process, over files in a folder: object storage on one machine
// without an account or another program. The files of objects can be read with any tool; nothing but the
// gateway may write them.
//
// The folder has one folder for each bucket in objects, a lock, and, where the file system does not keep
// extended attributes, the objects' metadata in metadata. The gateway writes nothing through to the disk by
// itself: what was not followed by Sync may be gone, or be files of zeros, after a loss of power.
package gateway

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/s3api"
	"github.com/versity/versitygw/s3api/middlewares"

	"multipoint/shared/object/s3"
)

// Region is the region that the gateway says it is in; signatures are made for it.
const Region = "ap-northeast-1"

const (
	maxRequests     = 1024 // at a time
	maxParts        = 10_000
	portAttempts    = 5
	startTimeout    = 10 * time.Second
	idleConnections = 64
)

// Options of a gateway.
type Options struct {
	// Dir is the folder; it is made if it is not there. One gateway at a time can have it.
	Dir string
	// Addr is the address to listen at, "127.0.0.1:0" if it is empty; port 0 chooses a free one.
	Addr string
	// AccessKey and SecretKey are what requests are signed with; those that are empty are drawn by chance.
	AccessKey, SecretKey string
	// Event is called for each object that was written, one call at a time, soon after the writer had its
	// answer. It may take its time: the gateway does not wait, and drops events (Dropped) when 1,024 are
	// queued. Events are also lost when the process ends: whoever must know all objects lists them.
	Event func(Event)
	// Failed is called with what went wrong inside, such as a disk error, whose client was only told
	// "internal error"; it must return soon. Nothing is printed.
	Failed func(error)
	// Sidecar keeps metadata in files beside the objects even where the file system has extended attributes.
	// A folder that has begun that way goes on so.
	Sidecar bool
}

// Gateway is a running server.
type Gateway struct {
	endpoint    string
	credentials aws.CredentialsProvider
	client      *http.Client
	server      *s3api.S3ApiServer
	served      chan error // closed when serving has ended
	folder      *folder
	events      *events
	closing     sync.Once
	closed      error
}

// Start serves the folder until Close; ctx bounds the start alone. Errors: the folder is in use, cannot be
// written, or the address is taken.
func Start(ctx context.Context, options Options) (*Gateway, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("start the object gateway: %w", err)
	}
	if options.AccessKey == "" {
		options.AccessKey = rand.Text()
	}
	if options.SecretKey == "" {
		options.SecretKey = rand.Text()
	}
	opened, err := openFolder(options.Dir, options.Sidecar)
	if err != nil {
		return nil, err
	}
	g := &Gateway{
		credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{
				AccessKeyID: options.AccessKey, SecretAccessKey: options.SecretKey, Source: "gateway",
			}, nil
		}),
		client: newClient(), folder: opened, events: newEvents(options.Event),
	}
	if err := g.serve(ctx, options); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	return g, nil
}

// newClient returns a client for many requests at a time to one address.
func newClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		MaxIdleConns: idleConnections, MaxIdleConnsPerHost: idleConnections, IdleConnTimeout: time.Minute,
		DisableCompression: true, WriteBufferSize: 256 << 10, ReadBufferSize: 256 << 10,
	}}
}

// serve listens. The server takes an address, not a listener, so a free port is found by listening once; if
// somebody takes it in between, another one is tried.
func (g *Gateway) serve(ctx context.Context, options Options) error {
	address := options.Addr
	if address == "" {
		address = "127.0.0.1:0"
	}
	for attempt := 1; ; attempt++ {
		free, err := freePort(ctx, address)
		if err != nil {
			return fmt.Errorf("object gateway: %w", err)
		}
		err = g.listen(ctx, free, options)
		if err == nil {
			g.endpoint = "http://" + free
			return nil
		}
		if attempt == portAttempts || free == address {
			return fmt.Errorf("object gateway at %s: %w", free, err)
		}
	}
}

// freePort puts a free port in the place of port 0.
func freePort(ctx context.Context, address string) (string, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil || port != "0" {
		return address, err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

func (g *Gateway) listen(ctx context.Context, address string, options Options) error {
	backend, err := newBackend(g.folder, options.Failed)
	if err != nil {
		return err
	}
	ready := make(chan struct{})
	root := middlewares.RootUserConfig{Access: options.AccessKey, Secret: options.SecretKey}
	server, err := s3api.New(backend, root, Region,
		auth.NewIAMServiceSingle(
			auth.Account{Access: root.Access, Secret: root.Secret, Role: auth.RoleAdmin},
		), nil, nil, g.events, nil,
		s3api.WithQuiet(), s3api.WithKeepAlive(), s3api.WithMpMaxParts(maxParts),
		s3api.WithConcurrencyLimiter(maxRequests, maxRequests), s3api.WithCORSAllowOrigin("*"),
		s3api.WithMiddleware("/", newQuiet()), s3api.WithMiddleware("/", drain),
		s3api.WithOnListen(func() { close(ready) }))
	if err != nil {
		backend.Shutdown()
		return err
	}
	served := make(chan error, 1)
	go func() {
		defer close(served)
		served <- server.ServeMultiPort([]string{address})
		backend.Shutdown()
	}()
	timeout := time.NewTimer(startTimeout)
	defer timeout.Stop()
	select {
	case <-ready:
	case err := <-served:
		return err
	case <-ctx.Done():
		err = ctx.Err()
	case <-timeout.C:
		err = errors.New("it did not begin to listen")
	}
	g.server, g.served = server, served
	if err != nil {
		return err
	}
	return g.hello(ctx, address)
}

// hello sends the first request, so that the server is quiet from the first one of others on.
func (g *Gateway) hello(ctx context.Context, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, "http://"+address+"/", http.NoBody)
	if err != nil {
		return err
	}
	response, err := g.client.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// Endpoint is the URL of the server, such as http://127.0.0.1:34567.
func (g *Gateway) Endpoint() string { return g.endpoint }

// Dropped is how many events found the queue full.
func (g *Gateway) Dropped() int64 { return g.events.dropped.Load() }

// Store returns the objects of a bucket, which is made if it is not there. Its Sync writes the whole folder
// through to the disk.
func (g *Gateway) Store(ctx context.Context, bucket string) (*s3.Store, error) {
	options := s3.Options{
		Bucket: bucket, Region: Region, Endpoint: g.endpoint, Credentials: g.credentials, Client: g.client,
		Sync: g.folder.sync,
	}
	_, err := s3.NewClient(options).CreateBucket(ctx, &awss3.CreateBucketInput{
		Bucket: &bucket, CreateBucketConfiguration: &types.CreateBucketConfiguration{
			LocationConstraint: Region,
		},
	})
	var there *types.BucketAlreadyOwnedByYou
	if err != nil && !errors.As(err, &there) {
		return nil, fmt.Errorf("make bucket %s: %w", bucket, err)
	}
	return s3.New(options), nil
}

// Close ends the server: requests under way have 10 s. It does not Sync. A second call gives the first one's
// answer.
func (g *Gateway) Close() error {
	g.closing.Do(func() {
		g.client.CloseIdleConnections()
		if g.server != nil {
			g.closed = g.server.ShutDown()
			for range g.served { // until it has ended; what it says is that the listener was closed
			}
		}
		g.closed = errors.Join(g.closed, g.events.Close(), g.folder.close())
	})
	return g.closed
}
