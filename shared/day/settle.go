package day

import (
	"context"
	"fmt"

	"multipoint/shared/calendar"
	"multipoint/shared/digest"
	"multipoint/shared/fault"
	"multipoint/shared/ledger"
	"multipoint/shared/rating"
)

// Manifest is a run's commit: once it is there nothing can change the run's points, and nothing before it
// could be seen. A voided run has one too, so that of both exactly one is written.
type Manifest struct {
	Retailer string        `json:"retailer"`
	Run      int64         `json:"run"`
	Kind     string        `json:"kind"`
	RunDate  calendar.Date `json:"run_date"`
	Void     bool          `json:"void,omitempty"`
	Reason   string        `json:"reason,omitempty"`

	Previous       int64  `json:"previous"`
	PreviousDigest string `json:"previous_digest"`
	Digest         string `json:"digest"`
	FileHash       string `json:"file_hash"`
	// Buckets are the 256 bucket hashes (R20).
	Buckets []string `json:"buckets,omitempty"`

	Totals    rating.Totals              `json:"totals"`
	Accounts  map[string]ledger.Balances `json:"accounts"` // changes by provider
	Files     []FileVerdict              `json:"files"`
	Providers []ProviderFile             `json:"provider_files"`
	// Accepted are provider files whose rest this run accepted (R19).
	Accepted []DueAcceptance `json:"accepted,omitempty"`
	// Answered is what an answer or adjustment did, entry by entry.
	Answered *Answered `json:"answered,omitempty"`
	// Parts are all sealed objects of the run that verify reads again.
	Parts []Part `json:"parts"`
	// Grants are the parts with the run's records, by group.
	Grants []Part `json:"grants"`
}

const stepSettle = "settle"

// Settle checks that all stages agree and commits the run.
func (s *Service) Settle(ctx context.Context, st Step) error {
	w, done, err := s.begin(ctx, st, stepSettle)
	if err != nil || done {
		return err
	}
	if _, is := w.attempts[stepFiles]; !is {
		if err := s.record(ctx, st.Run, st.Attempt, stepFiles, ""); err != nil {
			return err
		}
	}
	m, err := w.settle(ctx)
	if err != nil {
		return err
	}
	return s.commit(ctx, st, m)
}

// commit writes the manifest; the run is committed from that moment on. Error: run.voided.
func (s *Service) commit(ctx context.Context, st Step, m *Manifest) error {
	if err := s.createJSON(ctx, s.manifestPath(m.Run), m); err != nil {
		if fault.CodeOf(err) != fault.PartDiffers {
			return err
		}
		var there Manifest
		if err := s.readJSON(ctx, s.manifestPath(m.Run), &there); err != nil {
			return err
		}
		if there.Void {
			return fault.New(fault.RunVoided, fmt.Sprintf("Run %d was voided: %s", m.Run, there.Reason))
		}
		return err
	}
	if err := s.Objects.Sync(ctx); err != nil {
		return err
	}
	_, err := s.change(ctx, m.Run, func(r *Run) (bool, error) {
		if r.Digest != "" {
			return false, nil
		}
		r.Digest = m.Digest
		if r.State == Open || r.State == Stopped {
			r.State = Committed
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	return s.record(ctx, st.Run, st.Attempt, stepSettle, "")
}

func (w *work) settle(ctx context.Context) (*Manifest, error) {
	c, err := w.checked(ctx)
	if err != nil {
		return nil, err
	}
	m := &Manifest{
		Retailer: w.pins.Retailer, Run: w.pins.Run, Kind: w.pins.Kind, RunDate: w.pins.RunDate,
		Previous: w.pins.Previous, PreviousDigest: w.pins.PreviousDigest, FileHash: c.FileHash,
		Accounts: map[string]ledger.Balances{}, Files: c.Files, Accepted: w.pins.Accept,
	}
	for i := range c.Files {
		v := c.Files[i].verdict()
		m.Totals.AddFile(&rating.FileResult{Verdict: v})
		if c.Files[i].BadLines.Key != "" {
			m.Parts = append(m.Parts, c.Files[i].BadLines)
		}
	}
	m.Parts = append(m.Parts, c.Parts...)
	granted, err := w.settleGrants(ctx, m)
	if err != nil {
		return nil, err
	}
	if err := w.settleOutlets(ctx, m, granted); err != nil {
		return nil, err
	}
	for i := range w.pins.Accept {
		a := &w.pins.Accept[i]
		m.move(a.Provider, ledger.Sent, ledger.Accepted, a.Points)
	}
	m.Totals.Sort()
	if err := m.agree(); err != nil {
		return nil, err
	}
	return m, w.seal(m)
}

// move notes a movement of points of a provider.
func (m *Manifest) move(provider string, from, to ledger.Account, points int64) {
	if points == 0 {
		return
	}
	b := m.Accounts[provider]
	b.Move(from, to, points)
	m.Accounts[provider] = b
}

// settleGrants adds up what the groups came to and gives the points and entries granted by outlet.
func (w *work) settleGrants(ctx context.Context, m *Manifest) (map[string]int64, error) {
	parts, err := w.openGrants(ctx)
	if err != nil {
		return nil, err
	}
	entries := map[string]int64{}
	for i, p := range parts {
		g, err := p.summary(ctx)
		if err != nil {
			return nil, err
		}
		m.Totals.Merge(&g.Totals)
		m.Buckets = append(m.Buckets, g.Buckets...)
		for provider, points := range g.Points {
			m.move(provider, ledger.Issued, ledger.Granted, points)
		}
		for outlet, n := range g.Entries {
			entries[outlet] += n
		}
		part, err := partOf(p.Info())
		if err != nil {
			return nil, err
		}
		part.Key = w.left(stepGrant, taskName(i))
		m.Grants = append(m.Grants, part)
	}
	m.Parts = append(m.Parts, m.Grants...)
	return entries, nil
}

// settleOutlets adds what left and what waits; both together are what was granted and what waited (R22).
func (w *work) settleOutlets(ctx context.Context, m *Manifest, granted map[string]int64) error {
	carriedIn := map[string]int64{}
	for _, c := range w.pins.Carried {
		carriedIn[c.Outlet] = c.Entries
	}
	for _, way := range w.engine.Ways() {
		var f ProviderFile
		if err := w.readJSON(ctx, w.left(stepFiles, way.Code+".json"), &f); err != nil {
			return err
		}
		m.Providers = append(m.Providers, f)
		m.Parts = append(m.Parts, f.Part)
		e := m.Totals.EntriesOf(way.Provider)
		e.CarriedIn = carriedIn[way.Code]
		if f.Carried {
			e.CarriedOut = f.Entries
		} else {
			e.Sent = f.Entries
			m.Parts = append(m.Parts, f.Links)
			m.move(way.Provider, ledger.Granted, ledger.Sent, f.Points)
		}
		if in := granted[way.Code] + e.CarriedIn; in != f.Entries {
			return fault.New(fault.TotalsDiffer, fmt.Sprintf(
				"outlet %s: %d entries granted and waiting, %d in its file", way.Code, in, f.Entries))
		}
	}
	return nil
}

// agree checks the totals of all stages and that each provider's accounts sum to 0.
func (m *Manifest) agree() error {
	if err := m.Totals.Agree(); err != nil {
		return err
	}
	granted := map[string]int64{}
	for _, p := range m.Totals.Points {
		granted[p.Provider] += p.Plus + p.Minus
	}
	for provider, b := range m.Accounts {
		if err := b.Check(provider); err != nil {
			return err
		}
		if m.Kind == Day && -b.Issued != granted[provider] {
			return fault.New(fault.TotalsDiffer, fmt.Sprintf(
				"%s: %d points granted, %d issued", provider, granted[provider], -b.Issued))
		}
	}
	return nil
}

// seal computes the run's digest (R20).
func (w *work) seal(m *Manifest) error {
	var buckets [rating.Buckets]digest.Sum
	if len(m.Buckets) != len(buckets) {
		return fault.New(fault.PartDamaged, fmt.Sprintf("%d bucket hashes", len(m.Buckets)))
	}
	for i := range buckets {
		buckets[i] = hexSum(m.Buckets[i])
	}
	var outputs []digest.Output
	for i := range m.Providers {
		f := &m.Providers[i]
		if f.FileNo > 0 {
			outputs = append(outputs, digest.Output{Outlet: f.Outlet, SHA256: hexSum(f.SHA256)})
		}
	}
	sum := digest.Run(hexSum(m.PreviousDigest), w.pins.inputs(), &buckets, hexSum(m.FileHash), outputs)
	m.Digest = hexOf(sum[:])
	return nil
}
