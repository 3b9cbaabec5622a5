// Package outbox is the driver of outgoing mail for one machine: mails go to a folder, where people look at
// them, and nowhere else.
//
//	mails/ab/<id>.json   all parts of a mail and when it came
//	mails/ab/<id>.eml    the same mail as a mail program opens it (RFC 5322)
//	days/2026-11-22/…    an empty file for each mail, named by time and id: the order of a list
//
// The JSON file is the record: it is written whole and only once, so an id is taken once. One process at a
// time writes to a folder.
package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"multipoint/shared/mail"
	"multipoint/shared/mail/compose"
)

// ErrAbsent: there is no mail of that id.
var ErrAbsent = errors.New("there is no such mail")

// MaxPage is the most mails that List gives at once.
const MaxPage = 1000

// Options are how an outbox works. The zero value works.
type Options struct {
	// From is the sender's address in the .eml files; "" = no-reply@multipoint.invalid.
	From string
	// Now is the clock; nil means the machine's.
	Now func() time.Time
}

// Outbox is a folder of mails. Use Open; its methods may be called from many goroutines.
type Outbox struct {
	options Options
	root    *os.Root
	mu      sync.Mutex // of writers
}

var _ mail.Once = (*Outbox)(nil)

// Mail is a mail of the outbox.
type Mail struct {
	Sent time.Time `json:"sent"` // when it came in, UTC
	mail.Message
}

const (
	mails = "mails"
	days  = "days"
)

// Open gives the outbox in a folder, which is made if it is not there. Close it after use. Error:
// mail.ErrInvalid for Options.From.
func Open(folder string, o Options) (*Outbox, error) {
	if o.From == "" {
		o.From = "no-reply@multipoint.invalid"
	}
	if err := mail.CheckFrom(o.From); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if err := os.MkdirAll(folder, ownerOnly); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	b := &Outbox{options: o, root: root}
	for _, name := range [...]string{mails, days} {
		if err := b.makeFolder(name); err != nil {
			_ = root.Close() // nothing was written
			return nil, err
		}
	}
	return b, nil
}

// Close gives the folder back.
func (b *Outbox) Close() error { return b.root.Close() }

// SendsOnce says that an id that was taken is not taken again.
func (b *Outbox) SendsOnce() {}

// Send puts a mail into the folder; when it returns the mail lasts through a loss of power. If there is a
// mail of that id already it does nothing. Error: mail.ErrInvalid.
func (b *Outbox) Send(ctx context.Context, m mail.Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	there, err := b.Read(ctx, m.ID)
	if err == nil {
		return b.enter(there)
	}
	if !errors.Is(err, ErrAbsent) {
		return err
	}
	// Microseconds: what the name of the entry keeps.
	x := &Mail{Sent: b.options.Now().UTC().Truncate(time.Microsecond), Message: m}
	eml, err := compose.Message(&x.Message, b.options.From, x.Sent)
	if err != nil {
		return err
	}
	record, err := json.MarshalIndent(x, "", " ")
	if err != nil {
		return err
	}
	base := nameOf(m.ID)
	if err := b.makeFolder(path.Dir(base)); err != nil {
		return err
	}
	if err := b.write(base+".eml", eml); err != nil {
		return err
	}
	if err := b.write(base+".json", append(record, '\n')); err != nil {
		return err
	}
	return b.enter(x)
}

func nameOf(id string) string { return mails + "/" + id[:2] + "/" + id }

const entryTime = "150405.000000"

// enter puts a mail into the list of its day. A crash may have kept it from that: it is done again.
func (b *Outbox) enter(x *Mail) error {
	day := days + "/" + x.Sent.Format(time.DateOnly)
	name := day + "/" + x.Sent.Format(entryTime) + "-" + x.ID
	if _, err := b.root.Stat(name); err == nil {
		return nil
	}
	if err := b.makeFolder(day); err != nil {
		return err
	}
	return b.write(name, nil)
}

// Read gives a mail. Errors: ErrAbsent, mail.ErrInvalid for what is no id.
func (b *Outbox) Read(ctx context.Context, id string) (*Mail, error) {
	record, err := b.readFile(ctx, id, ".json")
	if err != nil {
		return nil, err
	}
	m := &Mail{}
	if err := json.Unmarshal(record, m); err != nil {
		return nil, fmt.Errorf("the record of mail %s is damaged: %w", id, err)
	}
	return m, nil
}

// EML gives a mail as a mail program opens it. Errors: those of Read.
func (b *Outbox) EML(ctx context.Context, id string) ([]byte, error) {
	return b.readFile(ctx, id, ".eml")
}

func (b *Outbox) readFile(ctx context.Context, id, extension string) ([]byte, error) {
	if err := mail.CheckID(id); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	file, err := b.root.ReadFile(nameOf(id) + extension)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", id, ErrAbsent)
	}
	return file, err
}

// List gives at most limit (and MaxPage) mails, newest first. after is the cursor of the page before, "" for
// the newest; next is the cursor of the page behind it, "" = that was all.
func (b *Outbox) List(ctx context.Context, after string, limit int) (page []Mail, next string, err error) {
	limit = max(1, min(limit, MaxPage))
	afterDay, afterEntry, _ := strings.Cut(after, "/")
	folders, err := b.newest(days)
	if err != nil {
		return nil, "", err
	}
	for _, day := range folders {
		if after != "" && day > afterDay {
			continue
		}
		entries, err := b.newest(days + "/" + day)
		if err != nil {
			return nil, "", err
		}
		for _, entry := range entries {
			if after != "" && day == afterDay && entry >= afterEntry {
				continue
			}
			if len(page) == limit {
				return page, next, nil
			}
			_, id, _ := strings.Cut(entry, "-")
			m, err := b.Read(ctx, id)
			if err != nil {
				return nil, "", err
			}
			page, next = append(page, *m), day+"/"+entry
		}
	}
	return page, "", nil
}

// newest gives the names in a folder, last first; unfinished files are left out.
func (b *Outbox) newest(folder string) ([]string, error) {
	entries, err := fs.ReadDir(b.root.FS(), folder)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), unfinished) {
			names = append(names, e.Name())
		}
	}
	slices.Reverse(names) // ReadDir sorts
	return names, nil
}
