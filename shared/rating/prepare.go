package rating

import (
	"multipoint/shared/card"
	"multipoint/shared/convert"
	"multipoint/shared/fault"
	"multipoint/shared/master"
	"multipoint/shared/member"
	"multipoint/shared/outlet"
	"multipoint/shared/points"
	"multipoint/shared/transaction"
)

// demoKey makes the card references of runs that keep nothing.
const demoKey = "multipoint: references of runs that keep nothing"

// prepared is a job with its masters compiled. It is immutable while the run works and shared by its
// goroutines.
type prepared struct {
	*Job
	rules   *points.Rules
	history History
	feeds   []*feedInfo // by file ordinal, [0] unused
	codes   []string    // of providers
	outlets []*outletInfo
	byProv  []*outletInfo // by provider index, nil = no outlet today
	members *member.Snapshot
	key     []byte
	threads int
	block   int
	memory  int64
	caps    bool // some campaign has a cap per member or campaign
	buffers buffers
	quoted  [][]byte // names of the files as CSV fields, by ordinal
}

type feedInfo struct {
	code         string
	feed         *convert.Feed
	pointType    []byte
	compute      bool
	cardOptional bool
	names        transaction.Names
}

type outletInfo struct {
	provider int32
	master   *master.Outlet
	outlet   *outlet.Outlet
	index    int  // in prepared.outlets
	open     bool // takes a file on the run's date
}

func prepare(job *Job) (*prepared, error) {
	p := &prepared{
		Job: job, history: job.History, members: job.Members, key: job.Key,
		threads: job.Options.Threads, block: job.Options.BlockSize, memory: job.Options.Memory,
	}
	if p.threads <= 0 {
		p.threads = 2
	}
	if p.memory <= 0 {
		p.memory = 16 << 20
	}
	if len(p.key) == 0 {
		p.key = []byte(demoKey)
	}
	if p.members == nil {
		p.members = &member.Snapshot{}
	}
	rules, err := points.Compile(job.Set)
	if err != nil {
		return nil, err
	}
	p.rules = rules
	for i := range rules.List() {
		p.caps = p.caps || rules.List()[i].Claims()
	}
	for i := range job.Set.Providers {
		p.codes = append(p.codes, job.Set.Providers[i].Code)
	}
	if err := p.compileOutlets(); err != nil {
		return nil, err
	}
	if err := p.checkOutlets(); err != nil {
		return nil, err
	}
	if err := p.compileFeeds(); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *prepared) compileFeeds() error {
	cards, err := card.Compile(p.Set.Cards, p.Set.Providers)
	if err != nil {
		return err
	}
	affiliates, err := card.CompileAffiliates(p.Set.Affiliates)
	if err != nil {
		return err
	}
	dir := convert.Directory{Cards: cards, Affiliates: affiliates, Members: p.members, Providers: p.codes}
	names := transaction.Names{Providers: p.codes}
	for i := range p.Set.Cards {
		names.Schemes = append(names.Schemes, p.Set.Cards[i].Code)
	}
	for i := range p.Set.Affiliates {
		names.Affiliates = append(names.Affiliates, p.Set.Affiliates[i].Code)
	}
	p.feeds, p.quoted = []*feedInfo{nil}, [][]byte{nil}
	for i := range p.Files {
		p.quoted = append(p.quoted, transaction.AppendQuoted(nil, []byte(p.Files[i].Name)))
		info, err := p.compileFeed(&p.Files[i], dir, names)
		if err != nil {
			return err
		}
		p.feeds = append(p.feeds, info)
	}
	return nil
}

func (p *prepared) compileFeed(f *File, dir convert.Directory, names transaction.Names) (*feedInfo, error) {
	var m *master.Feed
	for i := range p.Set.Feeds {
		if x := &p.Set.Feeds[i]; x.Code == f.Feed && x.Holds(p.RunDate) {
			m = x
		}
	}
	if m == nil {
		return nil, fault.At(fault.FeedUnknown, fault.Place{File: f.Name}, "no feed "+f.Feed+" is in force")
	}
	if f.Layout != nil {
		changed := *m
		changed.Layout = *f.Layout
		m = &changed
	}
	feed, err := convert.Compile(p.Set, m, dir, p.Converters)
	if err != nil {
		return nil, err
	}
	names.Feed, names.KeyFields = m.Code, feed.Keys()
	return &feedInfo{
		code: m.Code, feed: feed, pointType: []byte(m.PointType),
		compute: m.UnknownOriginal == "compute", cardOptional: m.CardOptional, names: names,
	}, nil
}

func (p *prepared) compileOutlets() error {
	p.byProv = make([]*outletInfo, len(p.codes))
	for i := range p.Set.Outlets {
		m := &p.Set.Outlets[i]
		if !m.Holds(p.RunDate) {
			continue
		}
		o, err := outlet.Compile(m, p.Converters)
		if err != nil {
			return err
		}
		for j, code := range p.codes {
			if code == m.Provider {
				info := &outletInfo{
					provider: int32(j), master: m, outlet: o, index: len(p.outlets), open: o.Open(p.RunDate),
				}
				p.outlets = append(p.outlets, info)
				p.byProv[j] = info
			}
		}
	}
	return nil
}

// checkOutlets refuses a run in which a provider's points could not leave: a provider with cards has an
// outlet in force.
func (p *prepared) checkOutlets() error {
	for i := range p.Set.Cards {
		for j, code := range p.codes {
			if p.Set.Cards[i].Provider == code && p.byProv[j] == nil {
				return fault.New(fault.MasterDangling, "provider "+code+
					" has cards, but no outlet in force on "+p.RunDate.String()+
					": its points could not leave")
			}
		}
	}
	return nil
}

func (p *prepared) feedOf(t *transaction.Transaction) *feedInfo { return p.feeds[t.File] }

// newest is the number that an account's entries leave under: the newest of its chain (R16).
func (p *prepared) newest(provider int32, account []byte) []byte {
	if provider < 0 || len(account) == 0 {
		return account
	}
	return p.members.Newest(p.codes[provider], account)
}

// isCampaign says whether the points of a rule move counters (R14).
func (p *prepared) isCampaign(rule int32) bool {
	return rule != points.Given && p.rules.List()[rule].Campaign
}

// typeName names an award's point type.
func (p *prepared) typeName(t *transaction.Transaction, a *points.Award) string {
	if a.PointType >= 0 {
		return p.rules.PointTypes()[a.PointType]
	}
	return string(points.NamedType(t, p.feedOf(t).pointType))
}
