package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/mail"
	"multipoint/shared/mail/outbox"
	"multipoint/shared/screen/today"
	"multipoint/shared/standalone"
)

// serveFlags are what serve is called with.
type serveFlags struct {
	data, addr     string
	demo, insecure bool
	addrGiven      bool
}

func (p *program) serve() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run everything in one process: the day by the clock, and its pages in a browser",
		Long: `Run everything of a data folder in one process: the day opens at 06:02 in Japan and is driven
to its end, a run that was interrupted goes on, and a browser shows what became of each file and point.
SIGINT or SIGTERM ends it; everything is kept, and the next start goes on.

With --demo a new folder becomes the one of a made-up retailer: its day runs at once, and its clock
stands still until a button moves it.

There is no login yet, so only this machine can open the pages. Without --addr the next free port
is taken if 8080 is in use.

` + exitHelp,
		Example: "  multipoint serve --demo\n  multipoint serve --data data --addr 127.0.0.1:9000",
		Args:    cobra.NoArgs,
	}
	cmd.RunE = p.action(func(ctx context.Context, _ []string) error {
		f.addrGiven = cmd.Flags().Changed("addr")
		return p.serveFolder(ctx, &f)
	})
	addData(cmd, &f.data)
	cmd.Flags().StringVar(&f.addr, "addr", "127.0.0.1:8080",
		"`address` to listen at; port 0 takes a free one")
	cmd.Flags().BoolVar(&f.demo, "demo", false, "make a new folder the demo's, and run its day")
	cmd.Flags().BoolVar(&f.insecure, "insecure", false,
		"listen at an address that others reach, without a login")
	return cmd
}

// Limits of the server. Uploads and downloads get more time as long as they go on.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = time.Minute
	writeTimeout  = 2 * time.Minute
	idleTimeout   = 2 * time.Minute
	endTimeout    = 10 * time.Second
	maxHeader     = 32 << 10
	// lookEvery is how often the clock is looked at.
	lookEvery = 30 * time.Second
)

func (p *program) serveFolder(ctx context.Context, f *serveFlags) error {
	listener, err := listen(ctx, f)
	if err != nil {
		return err
	}
	defer ignore(listener.Close)
	o := standalone.Options{Dir: f.data}
	o.Log = slog.New(slog.NewJSONHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if f.demo {
		demoOptions(&o)
	}
	return p.withData(ctx, o, func(d *standalone.Program) error {
		if f.demo && !d.Demo {
			return usage("--demo: the folder " + f.data +
				" holds a retailer that is not the demo; name another by --data")
		}
		d.Service.Site = "http://" + listener.Addr().String()
		if f.demo {
			if err := p.beginDemo(ctx, d); err != nil {
				return err
			}
		}
		return p.serveProgram(ctx, d, f, listener)
	})
}

// serveProgram answers requests and keeps the days until ctx ends.
func (p *program) serveProgram(
	ctx context.Context, d *standalone.Program, f *serveFlags, listener net.Listener,
) error {
	keeper := today.NewKeeper(today.KeeperOptions{
		Runner: d.Runner, Clock: d.Clock, Every: lookEvery, Log: d.Service.Log, Prepare: prepareDemo(d),
		Alarms: func(ctx context.Context) error { return d.Service.CheckAlarms(ctx, d.Clock.Now()) },
		Daily: func(ctx context.Context, date calendar.Date) error {
			_, err := d.Service.Retain(ctx, date)
			return err
		},
		Scratch: func() (today.Scratch, error) { return standalone.NewScratch("") },
	})
	site, err := today.New(today.Options{
		Runner: d.Runner, Clock: d.Clock, Keeper: keeper, Mails: mails{d.Outbox},
	})
	if err != nil {
		return err
	}
	host, _, _ := net.SplitHostPort(f.addr) // listen has read it
	server := &http.Server{
		Handler: today.Guard(site.Handler(), host), ReadHeaderTimeout: headerTimeout,
		ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(d.Service.Log.Handler(), slog.LevelWarn),
	}
	var work sync.WaitGroup
	defer work.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	work.Go(func() { keeper.Run(ctx) })
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if err := p.print(ready(d, f, listener.Addr())); err != nil {
		return errors.Join(err, server.Close())
	}
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	// The step at hand is cancelled, so nobody waits for it; the run goes on at the next start.
	stop()
	work.Wait()
	return p.endServing(server)
}

// endServing lets answers under way end for a moment.
func (p *program) endServing(server *http.Server) error {
	ctx, stop := context.WithTimeout(context.Background(), endTimeout)
	defer stop()
	if err := server.Shutdown(ctx); err != nil {
		_ = server.Close() // who is still there has to ask again
	}
	p.say("multipoint: ended; everything is kept\n")
	return nil
}

// ready is the line that says that the program can be used.
func ready(d *standalone.Program, f *serveFlags, addr net.Addr) string {
	what := "days run by the clock"
	if d.Demo {
		what = "a demo, its clock stands still"
	}
	line := fmt.Sprintf("multipoint serves %s (%s): open http://%s/ in a browser, end with Ctrl-C",
		d.Service.Retailer, what, addr)
	if got := addr.String(); !f.addrGiven && got != f.addr {
		line += " (" + f.addr + " is in use)"
	}
	return line + "\n"
}

// portsTried is how many ports are tried behind the default one.
const portsTried = 20

// listen opens the address. The default one gives way to the next free port, one that was asked for does not.
func listen(ctx context.Context, f *serveFlags) (net.Listener, error) {
	host, port, err := net.SplitHostPort(f.addr)
	number, e := strconv.ParseUint(port, 10, 16)
	if err != nil || e != nil {
		return nil, usage(fmt.Sprintf("--addr: %.60q is no address with a port, like 127.0.0.1:8080", f.addr))
	}
	if !f.insecure && !isLoopback(host) {
		return nil, usage(fmt.Sprintf("--addr: others could open %.60s, and there is no login yet; "+
			"use 127.0.0.1, or --insecure if something else keeps strangers away", f.addr))
	}
	tries := 1
	if !f.addrGiven {
		tries = portsTried
	}
	var config net.ListenConfig
	for i := range tries {
		var l net.Listener
		l, err = config.Listen(ctx, "tcp", net.JoinHostPort(host, strconv.FormatUint(number+uint64(i), 10)))
		if err == nil {
			return l, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			break
		}
	}
	what := "The address cannot be listened at"
	if errors.Is(err, syscall.EADDRINUSE) {
		what = "The address is in use"
	}
	return nil, &hint{
		&fault.Error{Code: fault.ReadFailed, Place: fault.Place{File: f.addr}, What: what, Err: err},
		"--addr names another one; end the other program, or take a free port by 127.0.0.1:0.",
	}
}

// isLoopback says whether only this machine reaches a host.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// mails shows the pages the outbox.
type mails struct{ box *outbox.Outbox }

// List implements today.Mails.
func (m mails) List(ctx context.Context, limit int) ([]today.Sent, error) {
	list, _, err := m.box.List(ctx, "", limit)
	out := make([]today.Sent, len(list))
	for i := range list {
		out[i] = today.Sent{ID: list[i].ID, To: list[i].To, Subject: list[i].Subject, At: list[i].Sent}
	}
	return out, err
}

// Read implements today.Mails.
func (m mails) Read(ctx context.Context, id string) (*mail.Message, bool, error) {
	x, err := m.box.Read(ctx, id)
	if errors.Is(err, outbox.ErrAbsent) || errors.Is(err, mail.ErrInvalid) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	return &x.Message, true, nil
}
