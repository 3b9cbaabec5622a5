package day

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"multipoint/shared/calendar"
	"multipoint/shared/digest"
	"multipoint/shared/fault"
	"multipoint/shared/object"
)

// Kinds of runs.
const (
	Day        = "day"
	Answer     = "answer"
	Adjustment = "adjustment"
)

// Pins are all that a run reads, fixed when it opens (DESIGN §1).
type Pins struct {
	Retailer string        `json:"retailer"`
	Run      int64         `json:"run"`
	Kind     string        `json:"kind"`
	RunDate  calendar.Date `json:"run_date"`
	Now      time.Time     `json:"now"`
	// Previous is the last committed run, 0 for none, and PreviousDigest its digest in hex.
	Previous       int64  `json:"previous"`
	PreviousDigest string `json:"previous_digest"`
	// Vault is the run that left the number vault, 0 for none.
	Vault   int64           `json:"vault"`
	Masters Pinned          `json:"masters"`
	Members Pinned          `json:"members"`
	Files   []PinnedFile    `json:"files,omitempty"`
	Numbers []OutletNumber  `json:"numbers,omitempty"` // by outlet code
	Carried []CarriedList   `json:"carried,omitempty"` // by outlet code
	Accept  []DueAcceptance `json:"accept,omitempty"`
	// Request is what an answer or adjustment asks for.
	Request Pinned `json:"request,omitzero"`
	// Erased are references whose numbers the run's vault leaves out (R24).
	Erased []string `json:"erased,omitempty"`
	// Recount are campaigns with a cap that earlier runs did not count by card (R14).
	Recount []string `json:"recount,omitempty"`
	// Chunks and groups are how the work is cut; they are not hashed (R20).
	Groups    int   `json:"groups"`
	TaskBytes int64 `json:"task_bytes"` // of files that one task converts
}

// Pins reads what a run fixed when it opened. Errors: part.missing, part.damaged.
func (s *Service) Pins(ctx context.Context, run int64) (*Pins, error) {
	p := &Pins{}
	return p, s.readJSON(ctx, s.pinsPath(run), p)
}

// Pinned names an object and what it held.
type Pinned struct {
	Key    string `json:"key,omitempty"` // empty = there is none
	SHA256 string `json:"sha256,omitempty"`
}

// PinnedFile is a held file.
type PinnedFile struct {
	Arrival
	// Duplicate says that R3 refuses it unread.
	Duplicate bool `json:"duplicate,omitempty"`
}

// OutletNumber is the number of an outlet's last file.
type OutletNumber struct {
	Outlet string `json:"outlet"`
	FileNo int64  `json:"file_no"`
}

// CarriedList are the entries that wait for an outlet's next file: a part that an earlier run left.
type CarriedList struct {
	Outlet  string `json:"outlet"`
	Key     string `json:"key"`
	Entries int64  `json:"entries"`
	SHA256  string `json:"sha256"` // of their places and points (R20)
}

// DueAcceptance is a provider file whose rest counts as accepted today (R19).
type DueAcceptance struct {
	Outlet   string `json:"outlet"`
	Provider string `json:"provider"`
	Run      int64  `json:"run"`    // that made the file
	Points   int64  `json:"points"` // that are still sent, neither accepted nor refused
}

func hexSum(s string) (sum digest.Sum) {
	b, err := hex.DecodeString(s)
	if err == nil && len(b) == len(sum) {
		copy(sum[:], b)
	}
	return sum
}

// inputs are the pins as the run's digest hashes them (R20).
func (p *Pins) inputs() *digest.Inputs {
	in := &digest.Inputs{
		Retailer: p.Retailer, Run: p.Run, Kind: p.Kind, RunDate: p.RunDate, Now: p.Now.Unix(),
		Masters: hexSum(p.Masters.SHA256), Members: hexSum(p.Members.SHA256),
		Content: hexSum(p.Request.SHA256),
	}
	for i := range p.Files {
		f := &p.Files[i]
		in.Files = append(in.Files, digest.File{
			Feed: f.Feed, Key: f.Name, Arrival: f.Arrived.Unix(), SHA256: hexSum(f.SHA256),
		})
	}
	for _, n := range p.Numbers {
		in.Numbers = append(in.Numbers, digest.Number{Outlet: n.Outlet, FileNo: n.FileNo})
	}
	for _, c := range p.Carried {
		in.Carried = append(in.Carried, digest.Carried{
			Outlet: c.Outlet, Entries: c.Entries, SHA256: hexSum(c.SHA256),
		})
	}
	return in
}

// macName is the metadata that keeps the keyed hash of a plain object.
const macName = "mac"

// createJSON writes a plain object with a keyed hash beside it. One that is there with the same bytes is as
// good; part.differs if it holds others.
func (s *Service) createJSON(ctx context.Context, key string, v any) error {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	return s.createPlain(ctx, key, append(b, '\n'))
}

func (s *Service) createPlain(ctx context.Context, key string, b []byte) error {
	mac, err := s.mac(ctx, key, b)
	if err != nil {
		return err
	}
	err = s.Objects.Create(ctx, key, bytes.NewReader(b), map[string]string{macName: mac})
	if !errors.Is(err, object.ErrExists) {
		return err
	}
	there, err := s.readPlain(ctx, key)
	if err != nil {
		return err
	}
	if !bytes.Equal(there, b) {
		return fault.At(fault.PartDiffers, fault.Place{File: key}, "")
	}
	return nil
}

// mac is the keyed hash of a plain object's name and bytes.
func (s *Service) mac(ctx context.Context, key string, b []byte) (string, error) {
	secret, err := s.Keys.Proof(ctx, s.Retailer)
	if err != nil {
		return "", err
	}
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(key + "\x00"))
	h.Write(b)
	return hex.EncodeToString(h.Sum(nil)), nil
}

// maxPlain is the largest plain object: the pins of a day with very many files.
const maxPlain = 64 << 20

// readPlain reads a plain object and proves it by its keyed hash. Errors: part.missing, part.damaged.
func (s *Service) readPlain(ctx context.Context, key string) ([]byte, error) {
	info, err := s.Objects.Stat(ctx, key)
	if errors.Is(err, object.ErrAbsent) {
		return nil, fault.At(fault.PartMissing, fault.Place{File: key}, "")
	}
	if err != nil {
		return nil, err
	}
	b, err := object.ReadAll(ctx, s.Objects, key, maxPlain)
	if err != nil {
		return nil, err
	}
	mac, err := s.mac(ctx, key, b)
	if err != nil {
		return nil, err
	}
	if !hmac.Equal([]byte(mac), []byte(info.Metadata[macName])) {
		return nil, fault.At(fault.PartDamaged, fault.Place{File: key}, "")
	}
	return b, nil
}

func (s *Service) readJSON(ctx context.Context, key string, v any) error {
	b, err := s.readPlain(ctx, key)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return &fault.Error{Code: fault.PartDamaged, Place: fault.Place{File: key}, Err: err}
	}
	return nil
}
