package stack

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"time"

	"multipoint/events"
	"multipoint/shared/calendar"
	"multipoint/shared/cloud"
	"multipoint/shared/day"
	"multipoint/shared/master"
	"multipoint/shared/object"
	"multipoint/shared/object/s3"
	"multipoint/shared/seal"
	"multipoint/shared/standalone"
)

// The demo retailer's day.
const retailer = "AOZORA"

func runDate() calendar.Date {
	date, _ := calendar.Of(2026, 11, 22)
	return date
}

// demoFile is an uploaded file of the demo.
type demoFile struct {
	name, arrived string
	content       []byte
}

func demoFiles(t *testing.T) (files []demoFile) {
	t.Helper()
	text, err := events.Files.ReadFile("day/arrivals.csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		content, err := events.Files.ReadFile("day/" + row[0])
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, demoFile{row[0], row[1], content})
	}
	return files
}

// publish makes the demo's masters and members those of a service.
func publish(t *testing.T, s *day.Service) {
	t.Helper()
	folder, err := fs.Sub(events.Files, "masters")
	if err != nil {
		t.Fatal(err)
	}
	set, faults := master.Load(folder)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if _, err := s.PublishMasters(t.Context(), set, runDate().Add(-1)); err != nil {
		t.Fatal(err)
	}
	members, err := events.Files.ReadFile("members.csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.PublishMembers(t.Context(), members, runDate()); err != nil {
		t.Fatal(err)
	}
}

// upload sends a file to the inbox by a URL that is bound to it, as a retailer does.
func upload(t *testing.T, inbox *s3.Store, retailer string, f *demoFile) (key string) {
	t.Helper()
	key = cloud.InboxKey(retailer, "", "u1", f.name)
	up, err := inbox.PresignUpload(t.Context(), key, time.Minute, &s3.Terms{
		Size: int64(len(f.content)), SHA256: sha256.Sum256(f.content), Type: "application/octet-stream",
		Metadata: map[string]string{"arrived": f.arrived},
	})
	if err != nil {
		t.Fatal(err)
	}
	body := bytes.NewReader(f.content)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, up.URL, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header = up.Header
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("upload of %s: %s: %s", f.name, response.Status, answer)
	}
	return key
}

// outcome is what a day left: the plaintext of all objects of the run, by key without the retailer, the
// providers' files, and the digest.
type outcome struct {
	objects map[string][]byte
	digest  string
}

// collect reads what the first run of a service left.
func collect(t *testing.T, s *day.Service) *outcome {
	t.Helper()
	ctx := t.Context()
	run, err := s.Run(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	if run.State != day.Closed {
		t.Fatalf("the run is %s: %s", run.State, run.Reason)
	}
	out := &outcome{objects: map[string][]byte{}, digest: run.Digest}
	for _, prefix := range []string{"runs/", "outbox/", "arrivals/", "held/"} {
		err := object.All(ctx, s.Objects, prefix+s.Retailer+"/", func(info object.Info) error {
			b, err := plaintext(ctx, s, info.Key)
			out.objects[info.Key] = b
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func plaintext(ctx context.Context, s *day.Service, key string) ([]byte, error) {
	info, err := s.Objects.Stat(ctx, key)
	if err != nil {
		return nil, err
	}
	if info.Metadata[seal.MetaProof] == "" {
		return object.ReadAll(ctx, s.Objects, key, 64<<20)
	}
	r, err := s.Parts.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // it was only read
	return io.ReadAll(r)
}

// oneMachine runs the day on one machine, with the arrivals that a service has.
func oneMachine(t *testing.T, like *day.Service) *outcome {
	t.Helper()
	return onOneMachine(t, like, func(p *standalone.Program) error {
		_, err := p.RunDay(t.Context(), runDate())
		return err
	})
}

// onOneMachine prepares the day on one machine, has it run, and gives what it left.
func onOneMachine(t *testing.T, like *day.Service, run func(p *standalone.Program) error) *outcome {
	t.Helper()
	ctx := t.Context()
	p, err := standalone.Open(ctx, standalone.Options{
		Dir: t.TempDir(), Demo: true, Retailer: like.Retailer, DemoStart: standalone.OpensAt(runDate()),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	publish(t, p.Service)
	ids := map[string]*day.Arrival{}
	if err := like.Arrivals(ctx, "", func(a *day.Arrival) error { ids[a.Name] = a; return nil }); err != nil {
		t.Fatal(err)
	}
	for _, f := range demoFiles(t) {
		a := ids[f.name]
		if a == nil {
			t.Fatalf("%s did not arrive", f.name)
		}
		at, err := time.Parse(time.RFC3339, f.arrived)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Service.TakeIn(ctx, day.Upload{
			ID: a.ID, Name: f.name, Arrived: at, Body: bytes.NewReader(f.content),
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(p); err != nil {
		t.Fatal(err)
	}
	return collect(t, p.Service)
}

// compare says where two days differ.
func compare(t *testing.T, got, want *outcome) {
	t.Helper()
	if got.digest != want.digest {
		t.Errorf("digest %s, on one machine %s", got.digest, want.digest)
	}
	sent := 0
	for key, w := range want.objects {
		g, ok := got.objects[key]
		switch {
		case !ok:
			t.Errorf("%s is missing", key)
		case !bytes.Equal(g, w):
			t.Errorf("%s differs: %d bytes, on one machine %d", key, len(g), len(w))
		}
		if strings.HasPrefix(key, "outbox/") && len(g) > 0 {
			sent++
		}
	}
	for key := range got.objects {
		if _, ok := want.objects[key]; !ok {
			t.Errorf("%s is not there on one machine", key)
		}
	}
	if sent == 0 {
		t.Error("no provider's file was compared")
	}
	t.Logf("%d objects are the same, %d of them providers' files; digest %s", len(want.objects), sent,
		want.digest)
}
