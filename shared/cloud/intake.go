package cloud

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"multipoint/shared/calendar"
	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/object"
)

// Uploads arrive in the inbox under <retailer>/<feed>/<upload>/<name>, where a feed of "-" is the one that
// takes files of that name, and upload is what whoever gave the URL called it.

// inboxKey is what a key of the inbox says.
type inboxKey struct {
	retailer, feed, upload, name string
}

// InboxKey gives the key of an upload. feed may be empty.
func InboxKey(retailer, feed, upload, name string) string {
	if feed == "" {
		feed = "-"
	}
	return retailer + "/" + feed + "/" + upload + "/" + name
}

func readInboxKey(key string) (k inboxKey, ok bool) {
	parts := strings.Split(key, "/")
	if len(parts) != 4 {
		return k, false
	}
	k = inboxKey{parts[0], parts[1], parts[2], parts[3]}
	if k.feed == "-" {
		k.feed = ""
	}
	return k, k.retailer != "" && k.upload != "" && k.name != ""
}

// Created is an event "Object Created" of S3, as EventBridge has it, or as open tells intake about an object
// whose event got lost.
type Created struct {
	Detail struct {
		Bucket struct {
			Name string `json:"name"`
		} `json:"bucket"`
		Object struct {
			Key     string `json:"key"`
			ETag    string `json:"etag,omitempty"`
			Version string `json:"version-id,omitempty"`
		} `json:"object"`
	} `json:"detail"`
}

// Intake takes uploads in: a batch of messages with events of the inbox. An upload that was taken in leaves
// the inbox.
func (p *Program) Intake(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
	if p.Inbox == nil {
		return events.SQSEventResponse{}, missing("MULTIPOINT_INBOX")
	}
	return p.each(ctx, "intake", &e, func(ctx context.Context, body string) error {
		var c Created
		if err := json.Unmarshal([]byte(body), &c); err != nil || c.Detail.Object.Key == "" {
			return fmt.Errorf("no event of an object: %.200q", body)
		}
		if c.Detail.Bucket.Name != p.Settings.Inbox {
			return fmt.Errorf("an event of bucket %q, not of the inbox", c.Detail.Bucket.Name)
		}
		return p.once(ctx, "intake", &c, func() error { return p.takeIn(ctx, c.Detail.Object.Key) })
	}), nil
}

// takeIn takes one upload in, and removes it from the inbox once its record lasts.
func (p *Program) takeIn(ctx context.Context, key string) error {
	info, err := p.Inbox.Stat(ctx, key)
	if errors.Is(err, object.ErrAbsent) {
		return nil // it was taken in before
	}
	if err != nil {
		return err
	}
	k, ok := readInboxKey(key)
	if !ok {
		return p.refuse(ctx, &info, fault.FileName)
	}
	s, err := p.Service(ctx, k.retailer)
	if fault.CodeOf(err) == fault.RetailerUnknown {
		return p.refuse(ctx, &info, fault.RetailerUnknown)
	}
	if err != nil {
		return err
	}
	body, err := p.Inbox.Open(ctx, key, 0, -1)
	if errors.Is(err, object.ErrAbsent) {
		return nil // somebody else took it in meanwhile
	}
	if err != nil {
		return err
	}
	a, err := s.TakeIn(ctx, day.Upload{
		ID: uploadID(&info), Name: k.name, Feed: k.feed, Arrived: p.arrived(&info), Body: body,
	})
	if e := body.Close(); err == nil {
		err = e
	}
	if fault.CodeOf(err) == fault.FileName {
		return p.refuse(ctx, &info, fault.FileName)
	}
	if err != nil {
		return err
	}
	log := p.Log.With("retailer", k.retailer, "feed", a.Feed, "arrival", a.ID, "bytes", a.Bytes,
		"run_date", a.RunDate.String())
	if a.Takes() {
		log.Info("a file was taken in")
	} else {
		log.Error("a file was refused", "code", a.Refused.Code.String())
	}
	p.metrics.write(map[string]string{"Function": "intake", "Retailer": k.retailer},
		figure{"Files", "Count", 1}, figure{"Bytes", "Bytes", float64(a.Bytes)})
	return p.Inbox.Delete(ctx, key)
}

// uploadID tells uploads apart, also those made under one key or under two that differ by their names only,
// and is the same however often one is told.
func uploadID(info *object.Info) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%d\n%d", info.Key, info.Modified.Unix(), info.Size))
	return hex.EncodeToString(sum[:12])
}

// metaArrived is what an upload of a rehearsal says about its arrival, RFC 3339.
const metaArrived = "arrived"

// arrived is when an upload counts as arrived (R1): when it was complete.
func (p *Program) arrived(info *object.Info) time.Time {
	if p.Settings.Demo {
		if at, err := time.Parse(time.RFC3339, info.Metadata[metaArrived]); err == nil {
			return at
		}
		return p.now()
	}
	return info.Modified
}

// refusal is the record of an upload that is nobody's.
type refusal struct {
	Key      string     `json:"key"`
	Size     int64      `json:"size"`
	Modified time.Time  `json:"modified"`
	Code     fault.Code `json:"code"`
	Name     string     `json:"name"`
}

// refuse records an upload that belongs to no retailer, or has a name that none may have. Its bytes stay in
// the inbox until they expire there: nobody may read them, and somebody may ask.
func (p *Program) refuse(ctx context.Context, info *object.Info, code fault.Code) error {
	r := refusal{info.Key, info.Size, info.Modified, code, code.Name()}
	b, err := json.Marshal(&r)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(b)
	to := "refused/" + calendar.DateOf(info.Modified).String() + "/" + hex.EncodeToString(sum[:16]) + ".json"
	err = p.Objects.Create(ctx, to, strings.NewReader(string(b)), nil)
	if err != nil && !errors.Is(err, object.ErrExists) {
		return err
	}
	p.Log.Error("an upload was refused", "code", code.String(), "record", to, "bytes", info.Size)
	p.metrics.write(map[string]string{"Function": "intake"}, figure{"Refused", "Count", 1})
	return nil
}
