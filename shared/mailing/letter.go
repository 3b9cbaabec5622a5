package mailing

import "slices"

// Letter is a kind of mail: who gets it, and which fields its texts may show. Its name is part of ids and
// never changes.
type Letter struct {
	Name string
	// Member says that members get it, in their language and under the retailer's colour.
	Member bool
	// Both says that it has both languages, Japanese first, as mails to a company have.
	Both    bool
	Purpose Purpose // "" = it is always sent
	// Fields are what its texts may show, beside Retailer.
	Fields []Field
}

// Field is something that a text may show, with the sample that a preview shows. A sample is a text, a whole
// number, or a list of rows with fields of their own.
type Field struct {
	Name   string
	Sample any
	Row    []Field // the fields of each row of a list; then Sample is how many
}

// Names of letters.
const (
	RegistrationURL   = "registration-url" // to members (SPEC A6)
	RegistrationDone  = "registration-done"
	ChangeDone        = "change-done"
	AddressChange     = "address-change"
	CancellationDone  = "cancellation-done"
	PointsGranted     = "points-granted"
	PointsRefused     = "points-refused"
	AlreadyRegistered = "already-registered" // what those need
	PasswordReset     = "password-reset"
	Unlock            = "unlock"
	StaffInvitation   = "staff-invitation"
	Outage            = "outage" // to headquarters (SPEC A25)
	OutageOver        = "outage-over"
	Maintenance       = "maintenance"
	MailsFinished     = "mails-finished" // to headquarters (SPEC A7)
	MailsBounced      = "mails-bounced"
	MembersFile       = "members-file"
)

// link is the field of the letters that lead to a screen; the button goes there.
const link = "Link"

// to is the link to a screen.
func to(path string) Field { return Field{Name: link, Sample: "https://point.aozora.example/" + path} }

// purchases are rows of points, a purchase each.
func purchases() Field {
	return Field{Name: "Rows", Sample: 2, Row: []Field{
		{Name: "Provider", Sample: "ひかりポイント"},
		{Name: "Date", Sample: "2026-11-19"},
		{Name: "Store", Sample: "青葉台店"},
		{Name: "Points", Sample: 37},
		{Name: "Unit", Sample: "ポイント"},
	}}
}

// Letters are all kinds of mail that have texts here; those about runs are in package day. Samples are
// fictitious.
func Letters() []Letter {
	hours, minutes := Field{Name: "Hours", Sample: 24}, Field{Name: "Minutes", Sample: 30}
	date := Field{Name: "Date", Sample: "2026-11-20"}
	more := Field{Name: "More", Sample: 3} // of rows that are left out
	effects := []Field{
		{Name: "EffectJa", Sample: "画面を開けません。"},
		{Name: "Effect", Sample: "The screens cannot be opened."},
	}
	since := Field{Name: "Since", Sample: "2026/11/20 07:00"}
	until := Field{Name: "Until", Sample: "2026/11/20 07:30"}
	status := to("hq/status")
	return []Letter{
		{Name: RegistrationURL, Member: true, Fields: []Field{to("register/sample"), hours}},
		{Name: AlreadyRegistered, Member: true, Fields: []Field{to("login")}},
		{Name: RegistrationDone, Member: true, Fields: []Field{to("my")}},
		{
			Name: ChangeDone, Member: true,
			Fields: []Field{
				to("my"),
				{Name: "At", Sample: "2026/11/20 10:15"},
				{Name: "Items", Sample: "ご住所、携帯電話番号"},
			},
		},
		{Name: AddressChange, Member: true, Fields: []Field{to("mail/sample"), hours}},
		{Name: CancellationDone, Member: true, Fields: []Field{{Name: "Days", Sample: 30}}},
		{
			Name: PointsGranted, Member: true, Purpose: Grants,
			Fields: []Field{to("my"), date, {Name: "Purchases", Sample: 5}, purchases(), more},
		},
		{Name: PointsRefused, Member: true, Purpose: Grants, Fields: []Field{to("my"), purchases(), more}},
		{Name: PasswordReset, Member: true, Fields: []Field{to("reset/sample"), minutes}},
		{Name: Unlock, Member: true, Fields: []Field{to("unlock/sample"), minutes}},
		{
			Name:   StaffInvitation,
			Fields: []Field{to("hq/invitation/sample"), hours, {Name: "Role", Sample: "本部担当者"}},
		},
		{Name: Outage, Both: true, Fields: append([]Field{since, status}, effects...)},
		{Name: OutageOver, Both: true, Fields: append([]Field{since, until, status}, effects...)},
		{Name: Maintenance, Both: true, Fields: append([]Field{since, until, status}, effects...)},
		{
			Name: MailsFinished, Both: true,
			Fields: []Field{
				to("hq/mails/sample"),
				date,
				{Name: "Queued", Sample: 100000},
				{Name: "Sent", Sample: 99870},
				{Name: "Skipped", Sample: 125},
				{Name: "Refused", Sample: 5},
				{Name: "Again", Sample: 1},
			},
		},
		{
			Name: MailsBounced, Both: true,
			Fields: []Field{to("hq/mails/sample"), date, {Name: "Bounced", Sample: 42}},
		},
		{
			Name: MembersFile, Both: true,
			Fields: []Field{
				to("hq/members/files"), date,
				{Name: "Members", Sample: 1204311},
				{Name: "File", Sample: "members_20261120.csv"},
			},
		},
	}
}

// LetterOf gives the letter of a name; false if there is none.
func LetterOf(name string) (Letter, bool) {
	all := Letters()
	i := slices.IndexFunc(all, func(l Letter) bool { return l.Name == name })
	if i < 0 {
		return Letter{}, false
	}
	return all[i], true
}

// Languages are those that the letter has texts in.
func (l *Letter) Languages() []Language { return []Language{Japanese, English} }

// field gives a field, nil if the letter has none of that name.
func field(fields []Field, name string) *Field {
	for i := range fields {
		if fields[i].Name == name {
			return &fields[i]
		}
	}
	return nil
}

// Sample is data that shows all fields.
func (l *Letter) Sample() map[string]any {
	data := map[string]any{}
	for _, f := range l.Fields {
		data[f.Name] = f.Sample
		if f.Row != nil {
			row := map[string]any{}
			for _, x := range f.Row {
				row[x.Name] = x.Sample
			}
			var list []any
			for range f.Sample.(int) {
				list = append(list, row)
			}
			data[f.Name] = list
		}
	}
	return data
}
