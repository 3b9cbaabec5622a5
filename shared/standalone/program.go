package standalone

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"multipoint/shared/day"
	"multipoint/shared/fault"
	"multipoint/shared/keys"
	"multipoint/shared/keys/local"
	"multipoint/shared/layout"
	"multipoint/shared/mail/outbox"
	"multipoint/shared/object/gateway"
	"multipoint/shared/seal"
	"multipoint/shared/table/pebble"
)

// Options are how the program is put together. Dir must be given.
type Options struct {
	// Dir is the folder that keeps everything: objects, table, keys, mails. One process at a time has it.
	Dir string
	// Demo makes a folder that is new one of the demo: its keys are public and its clock stands still until
	// somebody moves it. A folder stays what it was made.
	Demo bool
	// DemoStart is when the clock of a new demo folder stands.
	DemoStart time.Time
	// Retailer is the code of the retailer of a new folder. A folder keeps its retailer.
	Retailer   string
	Converters layout.Converters
	Work       day.Options
	Runner     RunnerOptions
	Log        *slog.Logger // nil = nothing is logged
}

// Program is everything of one machine, put together and open.
type Program struct {
	*Runner
	Clock *Clock
	Dir   string
	Demo  bool
	// Outbox keeps the mails: on one machine they are looked at, not sent.
	Outbox *outbox.Outbox

	gateway *gateway.Gateway
	table   *pebble.Table
}

// bucket keeps all objects of the machine.
const bucket = "multipoint"

// settings are what a folder was made as.
type settings struct {
	Retailer string `json:"retailer"`
	Demo     bool   `json:"demo,omitempty"`
}

// Exists says whether a folder is one of this program.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, settingsFile))
	return err == nil
}

const settingsFile = "multipoint.json"

// Open opens a folder, and makes it if it is absent or empty. Errors: output.exists for a folder of something
// else, store.in_use, store.damaged, and those of the disk.
func Open(ctx context.Context, o Options) (p *Program, err error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	made, err := settle(dir, &settings{Retailer: o.Retailer, Demo: o.Demo})
	if err != nil {
		return nil, err
	}
	p = &Program{Dir: dir, Demo: made.Demo}
	begun := p // a return with an error has set p to nil
	defer func() {
		if err != nil {
			err = errors.Join(err, begun.Close())
			p = nil
		}
	}()
	if p.Clock, err = openClock(filepath.Join(dir, "clock.json"), made.Demo, o.DemoStart); err != nil {
		return nil, err
	}
	if p.table, err = pebble.Open(filepath.Join(dir, "table"), pebble.Options{
		Now: func() int64 { return p.Clock.Now().Unix() },
	}); err != nil {
		return nil, opened(dir, err)
	}
	if p.gateway, err = gateway.Start(ctx, gateway.Options{Dir: filepath.Join(dir, "objects")}); err != nil {
		return nil, opened(dir, err)
	}
	box := outbox.Options{Now: p.Clock.Now}
	if p.Outbox, err = outbox.Open(filepath.Join(dir, "outbox"), box); err != nil {
		return nil, opened(dir, err)
	}
	objects, err := p.gateway.Store(ctx, bucket)
	if err != nil {
		return nil, err
	}
	var stored keys.Keys = local.NewDemoKeys(objects)
	if !made.Demo {
		wrapper, err := keyset(dir)
		if err != nil {
			return nil, err
		}
		stored = keys.NewStored(wrapper, objects)
	}
	parts, err := seal.New(ctx, objects, stored, made.Retailer, seal.Options{Folder: o.Work.TempDir})
	if err != nil {
		return nil, err
	}
	service := &day.Service{
		Retailer: made.Retailer, Objects: objects, Parts: parts, Table: p.table, Keys: stored,
		Converters: o.Converters, Now: p.Clock.Now, Log: o.Log, Options: o.Work, Sender: p.Outbox,
	}
	p.Runner, err = NewRunner(service, o.Runner)
	return p, err
}

// keyset opens the folder's keys; a folder that has data never gets new ones.
func keyset(dir string) (*local.Keyset, error) {
	folder := filepath.Join(dir, "keys")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	path := filepath.Join(folder, "keyset")
	began := filepath.Join(dir, "keys", "began")
	if _, err := os.Stat(began); err == nil {
		return local.Open(path)
	}
	k, err := local.OpenOrCreate(path)
	if err != nil {
		return nil, err
	}
	return k, os.WriteFile(began, nil, 0o600)
}

// settle reads what a folder was made as, or makes it.
func settle(dir string, wanted *settings) (*settings, error) {
	path := filepath.Join(dir, settingsFile)
	b, err := os.ReadFile(path) // #nosec G304 -- the operator names the folder
	if err == nil {
		made := &settings{}
		return made, json.Unmarshal(b, made)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	there, err := os.ReadDir(dir)
	if err == nil && len(there) > 0 {
		at := fault.Place{File: dir}
		return nil, fault.At(fault.OutputExists, at, "The folder is not one of multipoint.")
	}
	if wanted.Retailer == "" {
		return nil, fault.At(fault.ReadFailed, fault.Place{File: dir}, "There is no data folder.")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if b, err = json.Marshal(wanted); err != nil {
		return nil, err
	}
	return wanted, writeWhole(path, append(b, '\n'))
}

// writeWhole writes a small file so that it is there whole or not at all, and lasts.
func writeWhole(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // it was renamed, or is of no use
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}

func opened(dir string, err error) error {
	switch {
	case errors.Is(err, pebble.ErrInUse):
		return &fault.Error{Code: fault.StoreInUse, Place: fault.Place{File: dir}, Err: err}
	case fault.CodeOf(err) != 0:
		return err
	}
	// Whatever else keeps a store from opening: files that are cut off or gone are not always told apart.
	return &fault.Error{Code: fault.StoreDamaged, Place: fault.Place{File: dir}, Err: err}
}

// Close ends everything. What was acknowledged before lasts.
func (p *Program) Close() error {
	var err error
	if p.gateway != nil {
		err = p.gateway.Close()
	}
	if p.table != nil {
		err = errors.Join(err, p.table.Close())
	}
	if p.Outbox != nil {
		err = errors.Join(err, p.Outbox.Close())
	}
	return err
}
