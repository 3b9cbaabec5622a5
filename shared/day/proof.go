package day

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/ledger"
	"multipoint/shared/rating"
)

const stepClose = "close"

// Close ends a run: it writes the proof, as JSON and as a page for people.
//
// The proof is written once. What it says is fixed when Close begins: pins and manifest never change, and all
// mails of the run have their final state once the step before is recorded. Mails that come later, alarms of
// the operator, are not in it. So an attempt that breaks off leaves the bytes that the next one would write;
// and if another version of the program took over in between, the proof that is there counts.
func (s *Service) Close(ctx context.Context, st Step) error {
	w, done, err := s.begin(ctx, st, stepClose)
	if err != nil || done {
		return err
	}
	p, err := w.prove(ctx)
	if err != nil {
		return err
	}
	page, err := p.page()
	if err != nil {
		return err
	}
	err = s.createPlain(ctx, s.runPath(st.Run, "proof.html"), page)
	if err != nil && fault.CodeOf(err) != fault.PartDiffers {
		return err
	}
	return s.record(ctx, st.Run, st.Attempt, stepClose, Closed)
}

// Proof says of a run what it read, what it came to, and that all stages agree (A18, R22).
type Proof struct {
	Retailer string        `json:"retailer"`
	Name     string        `json:"name"`
	Run      int64         `json:"run"`
	Kind     string        `json:"kind"`
	RunDate  calendar.Date `json:"run_date"`
	Opened   time.Time     `json:"opened"` // the pinned now
	// Digest chains the run to the one before (R20), hex.
	Digest         string `json:"digest"`
	Previous       int64  `json:"previous"`
	PreviousDigest string `json:"previous_digest"`
	FileHash       string `json:"file_hash"`
	Masters        string `json:"masters_sha256"`
	Members        string `json:"members_sha256,omitempty"`
	Request        string `json:"request_sha256,omitempty"` // of an answer or adjustment

	Inputs   []ProofInput    `json:"inputs"`
	Totals   rating.Totals   `json:"totals"`
	Accounts []ProofAccounts `json:"accounts"`
	Files    []ProofFile     `json:"provider_files"`
	Answered *ProofAnswer    `json:"answered,omitempty"`
	Mails    []ProofMails    `json:"mails"`
	Parts    []Part          `json:"parts"`
}

// ProofInput is a file that the run read, or refused.
type ProofInput struct {
	Ordinal int       `json:"ordinal"`
	Name    string    `json:"name"`
	Feed    string    `json:"feed"`
	Arrived time.Time `json:"arrived"`
	Bytes   int64     `json:"bytes"`
	SHA256  string    `json:"sha256"`
	// Code and Reason say why it was refused, 0 and empty if it was not.
	Code   fault.Code `json:"code,omitempty"`
	Reason string     `json:"reason,omitempty"`
	Lines  int64      `json:"lines"`
	Bad    int64      `json:"bad"`
}

// ProofAccounts are the changes of a provider's accounts; they sum to 0.
type ProofAccounts struct {
	Provider string `json:"provider"`
	Name     string `json:"name"`
	ledger.Balances
}

// ProofFile is a provider's file, or what waits for it.
type ProofFile struct {
	Outlet   string `json:"outlet"`
	Provider string `json:"provider"`
	Name     string `json:"provider_name"`
	File     string `json:"file,omitempty"`    // empty = none was sent
	FileNo   int64  `json:"file_no,omitempty"` // 0 = none was sent
	Carried  bool   `json:"carried,omitempty"` // entries wait for the next file
	Records  int64  `json:"records"`
	Entries  int64  `json:"entries"`
	Points   int64  `json:"points"`
	Bytes    int64  `json:"bytes"`
	SHA256   string `json:"sha256,omitempty"`
}

// ProofAnswer sums up what an answer or adjustment did.
type ProofAnswer struct {
	Provider  string `json:"provider"`
	Name      string `json:"name"`
	Lines     int    `json:"lines"`
	Unmatched int    `json:"unmatched"` // lines that named no entry that could change
	Entries   int    `json:"entries"`   // matched
}

// ProofMails counts the mails of one template.
type ProofMails struct {
	Template string `json:"template"`
	Sent     int    `json:"sent"`
	Refused  int    `json:"refused"` // for good
	// Again counts mails that were sent once more after a crash, so that they may have come twice (R23).
	Again int `json:"again"`
}

// Proof gives the proof of a closed run. Errors: part.missing, part.damaged.
func (s *Service) Proof(ctx context.Context, run int64) (*Proof, error) {
	p := &Proof{}
	return p, s.readJSON(ctx, s.runPath(run, "proof.json"), p)
}

// ProofPage gives the proof of a closed run as a page. Errors: part.missing, part.damaged.
func (s *Service) ProofPage(ctx context.Context, run int64) ([]byte, error) {
	return s.readPlain(ctx, s.runPath(run, "proof.html"))
}

// prove writes the run's proof and gives it, or the one that is there.
func (w *work) prove(ctx context.Context) (*Proof, error) {
	there, err := w.Proof(ctx, w.pins.Run)
	if fault.CodeOf(err) != fault.PartMissing {
		return there, err
	}
	m, err := w.Manifest(ctx, w.pins.Run)
	if err != nil {
		return nil, err
	}
	if err := m.agree(); err != nil {
		return nil, err
	}
	p := w.proof(m)
	if p.Mails, err = w.proofMails(ctx); err != nil {
		return nil, err
	}
	err = w.createJSON(ctx, w.runPath(w.pins.Run, "proof.json"), p)
	if fault.CodeOf(err) == fault.PartDiffers { // somebody else was faster
		return w.Proof(ctx, w.pins.Run)
	}
	return p, err
}

// proof is the proof but for its mails.
func (w *work) proof(m *Manifest) *Proof {
	p := &Proof{
		Retailer: m.Retailer, Name: w.set.Retailer.Name, Run: m.Run, Kind: m.Kind, RunDate: m.RunDate,
		Opened: w.pins.Now, Digest: m.Digest, Previous: m.Previous, PreviousDigest: m.PreviousDigest,
		FileHash: m.FileHash, Masters: w.pins.Masters.SHA256, Members: w.pins.Members.SHA256,
		Request: w.pins.Request.SHA256, Inputs: []ProofInput{}, Totals: m.Totals,
		Accounts: []ProofAccounts{}, Files: []ProofFile{}, Parts: m.Parts,
	}
	names := map[string]string{}
	for i := range w.set.Providers {
		names[w.set.Providers[i].Code] = w.set.Providers[i].Name
	}
	for i := range m.Files {
		f, in := &m.Files[i], &w.pins.Files[i]
		p.Inputs = append(p.Inputs, ProofInput{
			Ordinal: f.Ordinal, Name: f.Name, Feed: f.Feed, Arrived: in.Arrived, Bytes: f.Bytes,
			SHA256: in.SHA256, Code: f.Code, Reason: f.Reason, Lines: f.Receipts, Bad: f.Bad,
		})
	}
	for _, provider := range sortedKeys(m.Accounts) {
		p.Accounts = append(p.Accounts, ProofAccounts{provider, names[provider], m.Accounts[provider]})
	}
	for i := range m.Providers {
		f := &m.Providers[i]
		p.Files = append(p.Files, ProofFile{
			Outlet: f.Outlet, Provider: f.Provider, Name: names[f.Provider], File: f.Name, FileNo: f.FileNo,
			Carried: f.Carried, Records: f.Records, Entries: f.Entries, Points: f.Points, Bytes: f.Bytes,
			SHA256: f.SHA256,
		})
	}
	if a := m.Answered; a != nil {
		p.Answered = &ProofAnswer{Provider: a.Provider, Name: names[a.Provider], Lines: len(a.Matched)}
		for _, n := range a.Matched {
			p.Answered.Entries += n
			if n == 0 {
				p.Answered.Unmatched++
			}
		}
	}
	return p
}

// proofMails counts the run's mails by template.
func (w *work) proofMails(ctx context.Context) ([]ProofMails, error) {
	out := []ProofMails{}
	err := w.Mails(ctx, w.pins.Run, func(r *MailRecord) error {
		i := slices.IndexFunc(out, func(x ProofMails) bool { return x.Template == r.Template })
		if i < 0 {
			i = len(out)
			out = append(out, ProofMails{Template: r.Template})
		}
		if r.State == MailRefused {
			out[i].Refused++
		} else {
			out[i].Sent++
		}
		out[i].Again += r.Again
		return nil
	})
	slices.SortFunc(out, func(a, b ProofMails) int { return cmp.Compare(a.Template, b.Template) })
	return out, err
}

// partsOfStep sums up the parts that one step left.
type partsOfStep struct {
	Step         string
	Count, Bytes int64
}

// partSteps sums the parts up by step, in their order.
func (p *Proof) partSteps() (out []partsOfStep) {
	prefix := "runs/" + p.Retailer + "/" + runName(p.Run) + "/"
	for _, part := range p.Parts {
		step := "others"
		if rest, is := strings.CutPrefix(part.Key, prefix); is {
			if names := strings.Split(rest, "/"); len(names) > 1 {
				step = names[1]
			}
		}
		i := slices.IndexFunc(out, func(x partsOfStep) bool { return x.Step == step })
		if i < 0 {
			i = len(out)
			out = append(out, partsOfStep{Step: step})
		}
		out[i].Count++
		out[i].Bytes += part.Size
	}
	return out
}
