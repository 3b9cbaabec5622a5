package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// Case is one worked example: what there is, what comes in day by day, what is to come out. An absent key is
// empty or has its default.
type Case struct {
	ID         string   `json:"id"`
	Rules      []string `json:"rules"`
	Title      string   `json:"title"`
	Masters    Masters  `json:"masters"`
	Members    []Member `json:"members,omitzero"`
	Days       []Day    `json:"days"`
	Expect     Expect   `json:"expect,omitzero"`
	Arithmetic string   `json:"arithmetic,omitempty"`
}

// Period is when a master is valid, both dates included, absent = open (R8).
type Period struct {
	ValidFrom string `json:"valid_from,omitempty"` // YYYY-MM-DD
	ValidTo   string `json:"valid_to,omitempty"`
}

// Masters is one whole version of all masters.
type Masters struct {
	Cards      []Card            `json:"cards,omitempty"`
	Affiliates []Affiliate       `json:"affiliates,omitempty"`
	Points     []Points          `json:"points,omitempty"`
	Campaigns  []Campaign        `json:"campaigns,omitempty"`
	Feeds      map[string]Feed   `json:"feeds,omitempty"`
	Providers  map[string]Outlet `json:"providers,omitempty"`
}

// Card is a range of point-card numbers of one length (R7).
type Card struct {
	Code     string `json:"code"`
	Provider string `json:"provider"`
	Digits   int    `json:"digits"`
	Min      string `json:"min"`
	Max      string `json:"max"`
	Check    string `json:"check,omitempty"` // NONE (default), LUHN, M10W3, M11W2_7, DR7, DSR7
	Short    *Short `json:"short,omitempty"`
	Period
}

// Short says that a number of Length digits is tried again with Pad before it.
type Short struct {
	Length int    `json:"length"`
	Pad    string `json:"pad"`
}

// Affiliate is a card company, named on lines by code or by a prefix of its payment cards (R2, R7).
type Affiliate struct {
	Code     string   `json:"code"`
	Prefixes []string `json:"prefixes,omitempty"`
	Period
}

// Give is how many points a rule gives: kind rate, unit, fixed, or (campaigns only) multiplier.
type Give struct {
	Kind   string `json:"kind"`
	Num    int64  `json:"num,omitempty"`
	Den    int64  `json:"den,omitempty"`
	Round  string `json:"round,omitempty"` // down (default), half_up, up
	Unit   int64  `json:"unit,omitempty"`
	Points int64  `json:"points,omitempty"`
}

// Points is a normal rule (R10).
type Points struct {
	Code      string `json:"code"`
	Provider  string `json:"provider"`
	PointType string `json:"point_type"`
	Basis     string `json:"basis,omitempty"` // incl (default) or excl
	MinAmount int64  `json:"min_amount,omitempty"`
	Give      Give   `json:"give"`
	Period
}

// Campaign gives points on top (R13). An empty condition holds; an empty provider is every provider.
type Campaign struct {
	Code         string      `json:"code"`
	Provider     string      `json:"provider,omitempty"`
	PointType    string      `json:"point_type"`
	Basis        string      `json:"basis,omitempty"`
	MinAmount    int64       `json:"min_amount,omitempty"`
	Give         Give        `json:"give"`
	Affiliate    string      `json:"affiliate,omitempty"`
	GrantTypes   []string    `json:"grant_types,omitempty"`
	Weekdays     []int       `json:"weekdays,omitempty"` // 1 Monday … 7 Sunday
	Hours        [][2]string `json:"hours,omitempty"`    // [from, to) on the 30-hour clock
	Stores       []string    `json:"stores,omitempty"`
	Products     []string    `json:"products,omitempty"`
	ProductBasis string      `json:"product_basis,omitempty"` // items or receipt
	Group        string      `json:"group,omitempty"`
	Caps         Caps        `json:"caps,omitzero"`
	Whole        bool        `json:"whole,omitempty"`
	Period
}

// Caps are limits in points (R14); 0 = none.
type Caps struct {
	Transaction int64 `json:"transaction,omitempty"`
	Member      int64 `json:"member,omitempty"`
	Campaign    int64 `json:"campaign,omitempty"`
}

// Feed is how a retailer's files come in; see the accessors below for the defaults.
type Feed struct {
	KeyFields        []string  `json:"key_fields,omitempty"`
	BadLimit         *[2]int64 `json:"bad_limit,omitempty"`
	OldestDays       *int      `json:"oldest_days,omitempty"`
	Totals           string    `json:"totals,omitempty"`
	TrailerCounts    []string  `json:"trailer_counts,omitempty"`
	Excl             string    `json:"excl,omitempty"`
	Rate             int64     `json:"rate,omitempty"` // per cent, with excl: rate
	UnknownOriginal  string    `json:"unknown_original,omitempty"`
	NegativeIsReturn bool      `json:"negative_is_return,omitempty"`
	MemberProvider   string    `json:"member_provider,omitempty"`
	CardOptional     bool      `json:"card_optional,omitempty"`
	PointType        string    `json:"point_type,omitempty"`
	FlatItems        bool      `json:"flat_items,omitempty"`
	FlatAmount       string    `json:"flat_amount,omitempty"` // item (default) or receipt
}

// Outlet is how a provider's file goes out, and its contract (R19, R21).
type Outlet struct {
	Grain       string   `json:"grain,omitempty"`   // transaction (default), receipt, card
	Returns     string   `json:"returns,omitempty"` // negative (default), kind, netted
	Closed      []string `json:"closed,omitempty"`
	SendEmpty   bool     `json:"send_empty,omitempty"`
	AcceptDays  *int     `json:"accept_days,omitempty"`  // absent: only answers accept
	SequenceMax int64    `json:"sequence_max,omitempty"` // 0: 9999
	Encoding    string   `json:"encoding,omitempty"`     // cp932 (default) or utf-8
	Fields      []string `json:"fields,omitempty"`
}

// Member is a person; the card registered last stands last.
type Member struct {
	Member string       `json:"member"`
	Number string       `json:"number,omitempty"`
	Cards  []MemberCard `json:"cards,omitempty"`
}

// MemberCard is a card of a member, ReplacedBy the number that came after it.
type MemberCard struct {
	Provider   string `json:"provider"`
	Card       string `json:"card"`
	ReplacedBy string `json:"replaced_by,omitempty"`
}

// Day is one day run and the answer runs after it. Masters and Members, if there, are the whole version that
// runs see from this day on.
type Day struct {
	RunDate string   `json:"run_date"`
	Files   []File   `json:"files"`
	Answers []Answer `json:"answers,omitempty"`
	Members []Member `json:"members,omitzero"`
	Masters *Masters `json:"masters,omitempty"`
}

// File is one incoming file; files of equal Content have the same bytes, all others differ.
type File struct {
	Name    string   `json:"name"`
	Feed    string   `json:"feed"`
	Arrived string   `json:"arrived"` // Japan, YYYY-MM-DDThh:mm:ss
	Content string   `json:"content,omitempty"`
	Control *Control `json:"control,omitempty"` // absent: no trailer
	Broken  string   `json:"broken,omitempty"`  // file.trailer_missing
	Lines   []Line   `json:"lines"`
}

// Control is what a trailer declares.
type Control struct {
	Count  int64 `json:"count"`
	Amount int64 `json:"amount"`
}

// Line is one data record: texts as in the file after decoding; Items are product, yen with tax, tax rate.
type Line struct {
	Line         int         `json:"line"`
	Kind         string      `json:"kind,omitempty"`
	Date         string      `json:"date,omitempty"`
	Time         string      `json:"time,omitempty"`
	Store        string      `json:"store,omitempty"`
	Register     string      `json:"register,omitempty"`
	Receipt      string      `json:"receipt,omitempty"`
	OrigDate     string      `json:"orig_date,omitempty"`
	OrigStore    string      `json:"orig_store,omitempty"`
	OrigRegister string      `json:"orig_register,omitempty"`
	OrigReceipt  string      `json:"orig_receipt,omitempty"`
	Card         string      `json:"card,omitempty"`
	MemberNo     string      `json:"member_no,omitempty"`
	Affiliate    string      `json:"affiliate,omitempty"`
	Incl         string      `json:"incl,omitempty"`
	Excl         string      `json:"excl,omitempty"`
	Incl8        string      `json:"incl_8,omitempty"`
	Incl10       string      `json:"incl_10,omitempty"`
	Tax8         string      `json:"tax_8,omitempty"`
	Tax10        string      `json:"tax_10,omitempty"`
	PointType    string      `json:"point_type,omitempty"`
	GrantType    string      `json:"grant_type,omitempty"`
	PointsGiven  string      `json:"points_given,omitempty"`
	Items        [][3]string `json:"items,omitempty"`
	Note         string      `json:"note,omitempty"`
	NoteBase64   string      `json:"note_base64,omitempty"` // the note as CP932 bytes
}

// Answer is a provider's error file; answers of equal provider and content are the same file.
type Answer struct {
	Provider string       `json:"provider"`
	Content  string       `json:"content"`
	Lines    []AnswerLine `json:"lines"`
}

// AnswerLine names a record by file number and sequence, or a transaction by its key fields; it says refused
// unless Accepted.
type AnswerLine struct {
	FileNo      int64    `json:"file_no,omitempty"`
	Sequence    int64    `json:"sequence,omitempty"`
	Transaction []string `json:"transaction,omitempty"`
	Accepted    bool     `json:"accepted,omitempty"`
}

// Expect is what comes out of a case.
type Expect struct {
	Days        []DayResult         `json:"days"`
	Balances    map[string]Accounts `json:"balances"`
	Cards       map[string]int64    `json:"cards"`
	CampaignUse map[string]int64    `json:"campaign_use,omitempty"`
}

// DayResult is what comes out of one day run and its answers.
type DayResult struct {
	RunDate       string              `json:"run_date"`
	Files         []FileResult        `json:"files"`
	Lines         []LineResult        `json:"lines"`
	Totals        Totals              `json:"totals"`
	Accounts      map[string]Accounts `json:"accounts,omitzero"`
	ProviderFiles []ProviderFile      `json:"provider_files,omitzero"`
	Answers       []AnswerResult      `json:"answers,omitzero"`
}

// FileResult is the verdict on a file; Receipts and Bad are 0 for duplicate and broken files.
type FileResult struct {
	File     string `json:"file"`
	Status   string `json:"status"` // accepted, refused
	Reason   string `json:"reason,omitempty"`
	Receipts int    `json:"receipts"`
	Bad      int    `json:"bad"`
}

// LineResult is the verdict on a receipt, at its first line.
type LineResult struct {
	File        string       `json:"file"`
	Line        int          `json:"line"`
	Status      string       `json:"status"` // rated, duplicate, rating_error, bad, in_refused_file
	Reasons     []string     `json:"reasons,omitempty"`
	Warnings    []string     `json:"warnings,omitempty"`
	Entries     []Entry      `json:"entries,omitzero"`
	Total       int64        `json:"total,omitempty"`
	Undecodable *Undecodable `json:"undecodable,omitempty"`
	NotApplied  []NotApplied `json:"not_applied,omitzero"`
}

// Entry is what one rule gave or takes back; Card is the account.
type Entry struct {
	Rule        string `json:"rule"`
	Provider    string `json:"provider"`
	Card        string `json:"card"`
	PointType   string `json:"point_type"`
	Points      int64  `json:"points"`
	LeavesUnder string `json:"leaves_under,omitempty"`
}

// Undecodable is the first byte of a line that is no character; Offset counts from the field's start, from 0.
type Undecodable struct {
	Field  string `json:"field"`
	Offset int    `json:"offset"`
}

// NotApplied is why a rule gave nothing (R15).
type NotApplied struct {
	Rule string `json:"rule"`
	Why  string `json:"why"`
}

// Totals are the stages of a day run (R22).
type Totals struct {
	Lines          int                        `json:"lines"`
	Bad            int                        `json:"bad"`
	Good           Stage                      `json:"good,omitzero"`
	InRefusedFiles Stage                      `json:"in_refused_files,omitzero"`
	Duplicates     Stage                      `json:"duplicates,omitzero"`
	RatingErrors   Stage                      `json:"rating_errors,omitzero"`
	Rated          Stage                      `json:"rated,omitzero"`
	Points         map[string]map[string]Sums `json:"points"`
	Entries        map[string]Flow            `json:"entries,omitzero"`
}

// Stage is how many receipts stand at a stage, with their yen.
type Stage struct {
	Lines      int   `json:"lines"`
	YenSales   int64 `json:"yen_sales"`
	YenReturns int64 `json:"yen_returns"`
}

// Sums are points granted and taken back; Minus is 0 or below.
type Sums struct {
	Plus  int64 `json:"plus"`
	Minus int64 `json:"minus"`
}

// Flow counts entries before grain: the first four sum to the last three.
type Flow struct {
	CarriedIn  int `json:"carried_in"`
	Grants     int `json:"grants"`
	Returns    int `json:"returns"`
	Resends    int `json:"resends"`
	Sent       int `json:"sent"`
	ZeroPoint  int `json:"zero_point"`
	CarriedOut int `json:"carried_out"`
}

// Accounts are points on a provider's accounts, or changes of them; they sum to zero (R19).
type Accounts struct {
	Issued   int64 `json:"issued"`
	Granted  int64 `json:"granted"`
	Sent     int64 `json:"sent"`
	Accepted int64 `json:"accepted"`
	Refused  int64 `json:"refused"`
}

// ProviderFile is an outgoing file.
type ProviderFile struct {
	Provider string   `json:"provider"`
	FileNo   int64    `json:"file_no"`
	Records  []Record `json:"records"`
}

// Record is one record of a provider file.
type Record struct {
	Sequence   int64      `json:"sequence"`
	Kind       string     `json:"kind"` // grant, return
	Number     string     `json:"number"`
	PointTypes []string   `json:"point_types"`
	Points     int64      `json:"points"`
	FromLines  []FromLine `json:"from_lines"`
}

// FromLine is a line that a record comes from; as JSON [run_date, file, line].
type FromLine struct {
	RunDate, File string
	Line          int
}

// MarshalJSON writes the three values as an array.
func (f FromLine) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{f.RunDate, f.File, f.Line})
}

// UnmarshalJSON reads the three values from an array.
func (f *FromLine) UnmarshalJSON(text []byte) error {
	return json.Unmarshal(text, &[]any{&f.RunDate, &f.File, &f.Line})
}

// AnswerResult is what an answer run did; Again says that the same file came before.
type AnswerResult struct {
	MatchedEntries []int               `json:"matched_entries"`
	Accounts       map[string]Accounts `json:"accounts"`
	Again          bool                `json:"again,omitempty"`
}

// Load reads a file of cases. A key that the types above do not know is an error: it would not be compared.
func Load(path string) ([]Case, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var cases []Case
	if err := decoder.Decode(&cases); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return cases, nil
}
