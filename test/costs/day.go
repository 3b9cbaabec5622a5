package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"multipoint/events"
	"multipoint/shared/calendar"
	"multipoint/shared/day"
	"multipoint/shared/flow"
	flowlocal "multipoint/shared/flow/local"
	"multipoint/shared/generate"
	"multipoint/shared/keys"
	"multipoint/shared/keys/local"
	"multipoint/shared/mail"
	"multipoint/shared/master"
	"multipoint/shared/object"
	"multipoint/shared/object/gateway"
	"multipoint/shared/object/s3"
	"multipoint/shared/seal"
	"multipoint/shared/standalone"
	"multipoint/shared/table"
	"multipoint/shared/table/memory"
)

// Spec says which day is counted. The day before it, a small one, is run and not counted: what a retailer
// has only once, such as its keys, is there then.
type Spec struct {
	Lines     int64
	Files     int   // that share the lines, default 1
	Members   int   // of the snapshot, 0 = none
	Providers int   // beside the demo's three, each with one outlet, which gets an empty file
	Silent    bool  // no party has a mail address
	ChunkSize int64 // bytes of a held chunk, default as in the cloud
	Groups    int   // of buckets, default as in the cloud
}

// usualMembers are those of the small days.
const usualMembers = 10_000

// membersOf is how many members a retailer with so many lines a day has: every other line is of another one,
// so that nearly each card of the day has counters of its own, the dear case.
func membersOf(lines int64) int { return int(lines / 2) }

const (
	retailer   = "AOZORA"
	feedCode   = "COSTS"
	linesFirst = 1000 // of the day that is not counted
)

// Day is what one day asked for.
type Day struct {
	Spec   Spec
	Counts Counts           // all of it
	News   Counts           // of them what news of mails asked for
	Steps  map[string]*Step // by function
	// Bytes of the files that arrived, of the objects that the day left, of what it left in the table with
	// its indexes, and of the lines that the service itself logged.
	Arrived, Objects, Items, Log int64
}

// Step is what the calls of one function took.
type Step struct {
	Calls  int64
	Took   time.Duration // measured here, of all calls
	Counts Counts
}

// world is a retailer's place on AWS, counted.
type world struct {
	spec           Spec
	dir            string
	meter          *meter
	objects, inbox *s3.Store
	table          *units
	mails          *letterbox
	log            *written
	set            *master.Set
	now            time.Time
	steps          map[string]*Step
}

// Count runs a day in a folder that is empty, and counts.
func Count(ctx context.Context, dir string, spec Spec) (d *Day, err error) {
	spec.Files = max(1, spec.Files)
	folder, err := os.MkdirTemp(dir, "day-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	signs := "costs-costs-costs" // both keys of a gateway that nobody else reaches
	g, err := gateway.Start(ctx, gateway.Options{
		Dir: filepath.Join(folder, "objects"), AccessKey: signs, SecretKey: signs,
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	w, err := newWorld(ctx, g, folder, spec)
	if err != nil {
		return nil, err
	}
	w.objects, w.inbox = w.store(g, signs, "objects"), w.store(g, signs, "inbox")
	date, _ := calendar.Of(2026, 11, 22)
	if err := w.publish(ctx, date.Add(-2)); err != nil {
		return nil, err
	}
	if _, err := w.day(ctx, date.Add(-1), linesFirst); err != nil {
		return nil, fmt.Errorf("the day before: %w", err)
	}
	return w.counted(ctx, date)
}

func newWorld(ctx context.Context, g *gateway.Gateway, folder string, spec Spec) (*world, error) {
	for _, bucket := range []string{"objects", "inbox"} {
		if _, err := g.Store(ctx, bucket); err != nil {
			return nil, err
		}
	}
	m := &meter{}
	w := &world{
		spec: spec, dir: folder, meter: m, mails: &letterbox{meter: m}, log: &written{},
		steps: map[string]*Step{},
	}
	w.table = &units{Table: memory.New(func() int64 { return w.now.Unix() }), meter: m}
	var err error
	w.set, err = masters(spec)
	return w, err
}

// store is a bucket through the client that counts. Each has connections of its own.
func (w *world) store(g *gateway.Gateway, signs, bucket string) *s3.Store {
	return s3.New(s3.Options{
		Bucket: bucket, Region: gateway.Region, Endpoint: g.Endpoint(),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: signs, SecretAccessKey: signs}, nil
		}),
		Client: objectClient{&http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}, w.meter},
	})
}

// masters are those of the demo with a feed of generated files.
func masters(spec Spec) (*master.Set, error) {
	files, err := fs.Sub(events.Files, "masters")
	if err != nil {
		return nil, err
	}
	set, faults := master.Load(files)
	if len(faults) > 0 {
		return nil, faults[0]
	}
	feed, ok := generate.Feed(generate.Spec{Shape: generate.CSV, Set: set, Members: members(spec)})
	if !ok {
		return nil, errors.New("no feed of generated files")
	}
	feed.Code, feed.Files = feedCode, nil
	set.Feeds = append(set.Feeds, feed)
	last := len(set.Outlets) - 1 // whose files go out every day, empty ones too
	for n := range spec.Providers {
		code := fmt.Sprint("MORE", n)
		set.Providers = append(set.Providers, master.Provider{Code: code, Name: code})
		more := set.Outlets[last]
		more.Code, more.Provider, more.SendEmpty = code+"-OUT", code, true
		set.Outlets = append(set.Outlets, more)
	}
	if !spec.Silent {
		set.Retailer.Mail = []string{"hq@retailer.example"}
		for i := range set.Providers {
			set.Providers[i].Mail = []string{fmt.Sprintf("p%d@provider.example", i)}
		}
	}
	return set, nil
}

func members(spec Spec) int {
	if spec.Members == 0 {
		return -1
	}
	return spec.Members
}

func (w *world) publish(ctx context.Context, from calendar.Date) error {
	w.now = standalone.OpensAt(from)
	s, err := w.service(ctx)
	if err != nil {
		return err
	}
	if _, err := s.PublishMasters(ctx, w.set, from); err != nil || w.spec.Members == 0 {
		return err
	}
	var file bytes.Buffer
	err = generate.Members(&file, generate.Spec{
		Shape: generate.CSV, Set: w.set, RunDate: from, Members: w.spec.Members,
	})
	if err != nil {
		return err
	}
	_, err = s.PublishMembers(ctx, file.Bytes(), from)
	return err
}

// counted runs the day that counts.
func (w *world) counted(ctx context.Context, date calendar.Date) (*Day, error) {
	w.meter.take()
	w.steps, w.log.bytes, w.mails.mails = map[string]*Step{}, 0, nil
	objects, items, err := w.kept(ctx)
	if err != nil {
		return nil, err
	}
	w.meter.take() // looking is not of the day
	d := &Day{Spec: w.spec, Steps: w.steps}
	if d.Arrived, err = w.day(ctx, date, w.spec.Lines); err != nil {
		return nil, err
	}
	d.Counts = w.meter.take()
	if err := w.news(ctx); err != nil {
		return nil, err
	}
	d.News = w.meter.take()
	d.Counts.add(&d.News, 1)
	d.Log = w.log.bytes
	if d.Objects, d.Items, err = w.kept(ctx); err != nil {
		return nil, err
	}
	d.Objects, d.Items = d.Objects-objects, d.Items-items
	return d, nil
}

// kept says how many bytes lie in the objects bucket and in the table.
func (w *world) kept(ctx context.Context) (objects, items int64, err error) {
	err = object.All(ctx, w.objects, "", func(i object.Info) error {
		objects += i.Size
		return nil
	})
	if err != nil {
		return 0, 0, err
	}
	return objects, w.table.kept.Load(), err
}

// day uploads a day's files and runs it from intake to close, with what watch looks at; it gives the bytes
// that arrived.
func (w *world) day(ctx context.Context, date calendar.Date, lines int64) (arrived int64, err error) {
	opens := standalone.OpensAt(date)
	w.now = opens.Add(-time.Hour)
	for n := range w.spec.Files {
		path, size, err := w.file(date, n, lines/int64(w.spec.Files))
		if err != nil {
			return 0, err
		}
		arrived += size
		if err := w.upload(ctx, path, fmt.Sprintf("%s-%d", date, n)); err != nil {
			return 0, err
		}
	}
	w.now = opens
	run, err := w.open(ctx, date)
	if err != nil {
		return 0, err
	}
	runner, err := standalone.NewRunner(&day.Service{Retailer: retailer, Objects: w.objects, Now: w.clock},
		standalone.RunnerOptions{Tasks: w.tasks(), Concurrency: 1, Observe: w.observe})
	if err != nil {
		return 0, err
	}
	if err := runner.Drive(ctx, run); err != nil {
		return 0, err
	}
	w.now = opens.Add(3 * time.Hour)
	return arrived, w.watch(ctx)
}

func (w *world) clock() time.Time { return w.now }

// file writes the n-th file of a day. Each has business dates of its own, so that no line stands twice.
func (w *world) file(date calendar.Date, n int, lines int64) (path string, size int64, err error) {
	path = filepath.Join(w.dir, "upload.csv")
	f, err := os.Create(path) // #nosec G304 -- in the folder of this run
	if err != nil {
		return "", 0, err
	}
	_, err = generate.Write(f, generate.Spec{
		Seed: uint64(date)*16 + uint64(n), Lines: lines, Shape: generate.CSV, Set: w.set,
		RunDate: date.Add(-2 * n), Members: members(w.spec),
	})
	if err != nil {
		return "", 0, errors.Join(err, f.Close())
	}
	info, err := f.Stat()
	if err := errors.Join(err, f.Close()); err != nil {
		return "", 0, err
	}
	return path, info.Size(), nil
}

// tasks are the steps, each call with a program of its own.
func (w *world) tasks() map[string]flow.Task {
	names := (&day.Service{}).Tasks()
	out := make(map[string]flow.Task, len(names))
	for name := range names {
		out[name] = func(ctx context.Context, input json.RawMessage) (out json.RawMessage, err error) {
			err = w.call(ctx, name, func(s *day.Service) (err error) {
				out, err = s.Tasks()[name](ctx, input)
				return err
			})
			return out, err
		}
	}
	return out
}

// observe counts what Step Functions charges: each state that is entered, each retry, and the start of each
// child execution of a distributed Map.
func (w *world) observe(e flowlocal.Event) {
	w.meter.count(func(c *Counts) {
		switch e.Kind {
		case flowlocal.Entered, flowlocal.Retried:
			c.Transitions++
		case flowlocal.Mapped: // all Map states of the product are distributed
			c.Transitions += int64(e.Items)
			c.Children += int64(e.Items)
		case flowlocal.Exited:
		}
	})
}

// letterbox counts mails, and keeps what they are about for the news of them.
type letterbox struct {
	meter *meter
	mails []mail.Message
}

// Send takes a mail.
func (l *letterbox) Send(_ context.Context, m mail.Message) error {
	l.meter.count(func(c *Counts) { c.Mails++ })
	l.mails = append(l.mails, m)
	return nil
}

// written counts the bytes of a log.
type written struct{ bytes int64 }

// Write counts.
func (w *written) Write(p []byte) (int, error) {
	w.bytes += int64(len(p))
	return len(p), nil
}

// service puts a retailer's service together as shared/cloud does, with nothing in memory yet.
func (w *world) service(ctx context.Context) (*day.Service, error) {
	if _, err := w.objects.List(ctx, "masters/"+retailer+"/", "", 1); err != nil { // is it known?
		return nil, err
	}
	k := knownKeys{keys.NewStored(wrapping{local.Demo(), w.meter}, w.objects)}
	parts, err := seal.New(ctx, w.objects, k, retailer, seal.Options{Compress: true, Folder: w.dir})
	if err != nil {
		return nil, err
	}
	return &day.Service{
		Retailer: retailer, Objects: w.objects, Parts: parts, Table: w.table, Keys: k, Now: w.clock,
		Log: slog.New(slog.NewJSONHandler(w.log, nil)), Sender: w.mails, Site: "https://points.example",
		Options: day.Options{TempDir: w.dir, ChunkSize: w.spec.ChunkSize, Groups: w.spec.Groups},
	}, nil
}

var (
	_ table.Table    = (*units)(nil)
	_ keys.Keys      = knownKeys{}
	_ mail.Sender    = (*letterbox)(nil)
	_ io.Writer      = (*written)(nil)
	_ aws.HTTPClient = objectClient{}
)
