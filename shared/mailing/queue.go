package mailing

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"multipoint/shared/fault"
	"multipoint/shared/mail"
	"multipoint/shared/table"
)

// Wish is a mail to a member that is to be sent. It holds nothing that says who the member is: the address
// and the language are asked for when it is sent.
type Wish struct {
	Member string `json:"member"` // the member's id
	// Data are the letter's fields, of those that Recipients does not add.
	Data map[string]any `json:"data"`
	// Sealed is for Recipients, which may need what only a sealed text can hold.
	Sealed []byte `json:"sealed,omitempty"`
}

// Delivery is the mails of one letter about one thing, each to another member.
type Delivery struct {
	// About is what the mails are about, with the retailer in front as in mail.Message.Run: letters, digits
	// and . _ -, at most 100 bytes.
	About    string    `json:"about"`
	Template string    `json:"template"`
	Queued   int       `json:"queued"` // mails, once all are in the queue
	At       time.Time `json:"at"`
	// AtOnce: the members wait for these mails, whatever the time of day.
	AtOnce bool `json:"at_once,omitempty"`
}

// Limits of the queue.
const (
	MaxDelivery = 5_000_000 // mails
	maxAbout    = 100       // bytes, so that a shard's number still fits
	maxWish     = 20_000    // bytes of a mail that waits
	shards      = 64        // of the queue, and of the records of a delivery: no hot partition
	batch       = 2000      // items of a write
)

// Queue keeps the mails to a retailer's members until they are sent.
type Queue struct {
	Retailer string
	Table    table.Table
	Now      func() time.Time
	Window   Window // zero = DefaultWindow
}

// waiting is a mail in the queue.
type waiting struct {
	ID       string `json:"id"`
	About    string `json:"about"` // of the delivery, and its shard
	Template string `json:"template"`
	AtOnce   bool   `json:"at_once,omitempty"`
	Tries    int    `json:"tries,omitempty"` // that did not send it
	Wish

	due time.Time
	key table.Key
}

// window is the queue's, or the default one.
func (q *Queue) window() Window {
	if q.Window == (Window{}) {
		return DefaultWindow()
	}
	return q.Window
}

// shardOf gives the shard of a mail by its id, two hex digits.
func shardOf(id string) string {
	b, err := hex.DecodeString(id[:2])
	if err != nil {
		return "00" // unreachable in a mail that CheckID takes
	}
	return hex.EncodeToString([]byte{b[0] % shards})
}

// ShardAbout is what a mail of a delivery is about in its record and its tags: the delivery's name with the
// shard behind it, so that the records of many mails do not lie in one partition.
func ShardAbout(about, id string) string { return about + ".m" + shardOf(id) }

// allShards gives the numbers of the shards.
func allShards() iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range shards {
			if !yield(hex.EncodeToString([]byte{byte(i)})) {
				return
			}
		}
	}
}

const dueForm = "20060102150405"

// place is where a mail stands in the queue: by its time, mails that nobody waits for apart from the others.
func (q *Queue) place(w *waiting) table.Key {
	return key(q.lane(w.AtOnce, shardOf(w.ID)), w.due.UTC().Format(dueForm)+w.ID)
}

func (q *Queue) lane(atOnce bool, shard string) string {
	if atOnce {
		return table.Partition("MAILNOW", q.Retailer, shard)
	}
	return table.Partition("MAILQ", q.Retailer, shard)
}

// Add puts a delivery into the queue, one mail for each wish, and returns when all of them last through a
// loss of power. No member is in it twice. After an error some may be there; the same delivery may be added
// again as a whole, and sends nothing twice. It gives how many there are. Errors: mail.queue_full,
// mail.ErrInvalid for what no mail is, those of the table.
func (q *Queue) Add(ctx context.Context, d Delivery, wishes iter.Seq[Wish]) (int, error) {
	if _, ok := LetterOf(d.Template); !ok || len(d.About) > maxAbout ||
		!strings.HasPrefix(d.About, q.Retailer+"-") {
		return 0, fmt.Errorf("%w: there are no mails %.80q about %.80q", mail.ErrInvalid, d.Template, d.About)
	}
	now := q.Now().UTC()
	due := now
	if !d.AtOnce {
		due = q.window().Next(now)
	}
	items, n := make([]table.Item, 0, batch), 0
	for wish := range wishes {
		w := &waiting{
			ID: mail.ID(d.About, d.Template, wish.Member), Template: d.Template, AtOnce: d.AtOnce, Wish: wish,
			due: due,
		}
		w.About = ShardAbout(d.About, w.ID)
		item, err := q.item(w)
		if err != nil {
			return n, err
		}
		if items, n = append(items, item), n+1; n > MaxDelivery {
			return n, fault.New(fault.MailQueueFull, "")
		}
		if len(items) == batch {
			if err := q.Table.BatchPut(ctx, items); err != nil {
				return n, err
			}
			items = items[:0]
		}
	}
	if err := q.Table.BatchPut(ctx, items); err != nil {
		return n, err
	}
	d.Queued, d.At = n, now
	body, err := json.Marshal(d)
	if err != nil {
		return n, err
	}
	if err := q.Table.Sync(ctx); err != nil { // the mails last before they are counted
		return n, err
	}
	place := key(table.Partition("MAILDAY", q.Retailer), d.About+"\x00"+d.Template)
	item := table.Item{Key: place, Body: body}
	return n, q.Table.Put(ctx, item, table.Always)
}

func (q *Queue) item(w *waiting) (table.Item, error) {
	if w.Member == "" || !named.MatchString(w.Member) {
		return table.Item{}, fmt.Errorf("%w: a mail without a member", mail.ErrInvalid)
	}
	body, err := json.Marshal(w)
	if err == nil && len(body) > maxWish {
		err = fmt.Errorf("%w: mail %s has more than %d bytes", mail.ErrInvalid, w.ID[:8], maxWish)
	}
	return table.Item{Key: q.place(w), Body: body}, err
}

// due calls visit for the mails of a lane that are due, in the order of their time, until false.
func (q *Queue) due(
	ctx context.Context, lane string, now time.Time, visit func(*waiting) bool,
) error {
	stop := errors.New("enough")
	err := table.Each(ctx, q.Table, table.Query{
		Partition: lane, To: now.UTC().Format(dueForm) + "~", Limit: dueAtOnce,
	}, func(item table.Item) error {
		w, err := readWaiting(item)
		if err != nil {
			return err
		}
		if !visit(w) {
			return stop
		}
		return nil
	})
	if errors.Is(err, stop) {
		return nil
	}
	return err
}

// dueAtOnce is how many mails of a shard are read at a time.
const dueAtOnce = 200

func readWaiting(item table.Item) (*waiting, error) {
	w := &waiting{key: item.Key}
	d := json.NewDecoder(strings.NewReader(string(item.Body)))
	d.UseNumber()
	if err := d.Decode(w); err != nil || mail.CheckID(w.ID) != nil {
		return nil, damaged("a mail that waits", err)
	}
	return w, nil
}

// done takes a mail out of the queue.
func (q *Queue) done(ctx context.Context, w *waiting) error {
	return q.Table.Delete(ctx, table.Item{Key: w.key}, table.Always)
}

// postpone puts a mail back for a later time.
func (q *Queue) postpone(ctx context.Context, w *waiting, until time.Time) error {
	was := table.Item{Key: w.key}
	w.due = until
	if !w.AtOnce {
		w.due = q.window().Next(until)
	}
	item, err := q.item(w)
	if err != nil {
		return err
	}
	if item.Key == was.Key {
		return q.Table.Put(ctx, item, table.Always)
	}
	return q.Table.Transact(ctx, []table.Action{{Item: item}, {Item: was, Delete: true}})
}

// Deliveries calls visit for all deliveries, in the order of their names.
func (q *Queue) Deliveries(ctx context.Context, visit func(*Delivery) error) error {
	all := table.Query{Partition: table.Partition("MAILDAY", q.Retailer)}
	return table.Each(ctx, q.Table, all, func(item table.Item) error {
		d := &Delivery{}
		if err := json.Unmarshal(item.Body, d); err != nil {
			return damaged("a delivery", err)
		}
		return visit(d)
	})
}

// Waiting counts the mails in the queue. It reads all of them.
func (q *Queue) Waiting(ctx context.Context) (int, error) {
	n := 0
	for _, atOnce := range []bool{true, false} {
		for shard := range allShards() {
			all := table.Query{Partition: q.lane(atOnce, shard)}
			err := table.Each(ctx, q.Table, all, func(table.Item) error {
				n++
				return nil
			})
			if err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// Counts is what became of a delivery.
type Counts struct {
	Queued     int // mails
	Sent       int // taken by the sender
	Again      int // sent once more although they may have gone out before (R23)
	Refused    int // no mails that may be sent
	Skipped    int // not sent on purpose
	Open       int // the others: in the queue or under way
	Delivered  int // of the sent, as far as was heard
	Bounced    int
	Complained int
}

// Count counts a delivery from the records of its mails. It reads all of them.
func (q *Queue) Count(ctx context.Context, d *Delivery) (Counts, error) {
	c := Counts{Queued: d.Queued}
	err := q.Records(ctx, d.About, func(r *Record) error {
		if r.Template != d.Template {
			return nil
		}
		switch r.State {
		case Sent:
			c.Sent++
		case Refused:
			c.Refused++
		case Skipped:
			c.Skipped++
		}
		switch r.News {
		case NewsDelivered:
			c.Delivered++
		case NewsBounced, NewsRejected:
			c.Bounced++
		case NewsComplained:
			c.Complained++
		}
		c.Again += r.Again
		return nil
	})
	c.Open = c.Queued - c.Sent - c.Refused - c.Skipped
	return c, err
}

// Records calls visit for the records of the mails about one thing, shard by shard.
func (q *Queue) Records(ctx context.Context, about string, visit func(*Record) error) error {
	post := &Post{Retailer: q.Retailer, Table: q.Table}
	for shard := range allShards() {
		if err := post.Mails(ctx, about+".m"+shard, visit); err != nil {
			return err
		}
	}
	return nil
}
