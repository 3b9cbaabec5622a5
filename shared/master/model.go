// Package master holds the masters: what retailer, providers and operator agreed, as plain YAML documents
// (DESIGN §6, SPEC A21). A Set is one version of all of them; it is immutable once loaded.
package master

import (
	"multipoint/shared/calendar"
	"multipoint/shared/layout"
)

// Set is one version of all masters of a retailer. Slices are sorted by Code.
type Set struct {
	// Version is the SHA-256 of the canonical documents, in hex.
	Version    string
	Retailer   Retailer
	Providers  []Provider
	Contracts  []Contract
	Feeds      []Feed
	Outlets    []Outlet
	Cards      []Card
	Affiliates []Affiliate
	Points     []Points
	Campaigns  []Campaign
}

// Period is when a master is in force; both ends are included, a zero end is open (R8, R11).
type Period struct {
	ValidFrom calendar.Date `yaml:"valid_from,omitempty" json:"valid_from,omitzero"`
	ValidTo   calendar.Date `yaml:"valid_to,omitempty" json:"valid_to,omitzero"`
}

// Holds says whether d is inside the period.
func (p Period) Holds(d calendar.Date) bool {
	return (p.ValidFrom.IsZero() || d >= p.ValidFrom) && (p.ValidTo.IsZero() || d <= p.ValidTo)
}

// Retailer is the company that grants other companies' points.
type Retailer struct {
	Code string `yaml:"code" json:"code"`
	Name string `yaml:"name" json:"name"`
	// Mail are the addresses of its headquarters that are told about runs (SPEC A7); none = nobody is.
	Mail []string `yaml:"mail,omitempty" json:"mail,omitempty"`
}

// Provider is a company whose points are granted.
type Provider struct {
	Code string `yaml:"code" json:"code"`
	Name string `yaml:"name" json:"name"`
	// Mail are the addresses that are told about its files (SPEC A8); none = nobody is.
	Mail []string `yaml:"mail,omitempty" json:"mail,omitempty"`
}

// Contract is what retailer and provider agreed.
type Contract struct {
	Code     string `yaml:"code" json:"code"`
	Provider string `yaml:"provider" json:"provider"`
	// AcceptDays: entries count as accepted that many days after their file's run_date (R19); absent = only
	// answers accept.
	AcceptDays *int `yaml:"accept_days,omitempty" json:"accept_days,omitempty"`
	Period     `yaml:",inline"`
}

// Card is a range of point-card numbers (R7).
type Card struct {
	Code     string `yaml:"code" json:"code"`
	Provider string `yaml:"provider" json:"provider"`
	Digits   int    `yaml:"digits" json:"digits"`
	Min      string `yaml:"min" json:"min"`
	Max      string `yaml:"max" json:"max"`
	// Check is NONE (default), LUHN, M10W3, M11W2_7, DR7 or DSR7 (DOMAIN §1).
	Check  string `yaml:"check,omitempty" json:"check,omitempty"`
	Short  *Short `yaml:"short,omitempty" json:"short,omitempty"`
	Period `yaml:",inline"`
}

// Short is a shorter way to write a number: Length digits stand for Pad followed by them.
type Short struct {
	Length int    `yaml:"length" json:"length"`
	Pad    string `yaml:"pad" json:"pad"`
}

// Affiliate is a card company whose payment cards open campaigns; a line names it by code or by prefix (R2).
type Affiliate struct {
	Code     string   `yaml:"code" json:"code"`
	Name     string   `yaml:"name,omitempty" json:"name,omitempty"`
	Prefixes []string `yaml:"prefixes,omitempty" json:"prefixes,omitempty"`
	Period   `yaml:",inline"`
}

// Give is how many points a rule gives. Kind rate: round(basis × Num/Den); unit: floor(basis/Unit) × Points;
// fixed: Points; multiplier (campaigns only): round((Num/Den − 1) × normal points of the type).
type Give struct {
	Kind   string `yaml:"kind" json:"kind"`
	Num    int64  `yaml:"num,omitempty" json:"num,omitempty"`       // 1 to 10⁶
	Den    int64  `yaml:"den,omitempty" json:"den,omitempty"`       // 1 to 10⁶
	Round  string `yaml:"round,omitempty" json:"round,omitempty"`   // down (default), half_up, up
	Unit   int64  `yaml:"unit,omitempty" json:"unit,omitempty"`     // yen, 1 to 10¹²
	Points int64  `yaml:"points,omitempty" json:"points,omitempty"` // 0 to 10¹²
}

// Points is the normal rule of one provider and point type (R10).
type Points struct {
	Code      string `yaml:"code" json:"code"`
	Provider  string `yaml:"provider" json:"provider"`
	PointType string `yaml:"point_type" json:"point_type"`
	Basis     string `yaml:"basis,omitempty" json:"basis,omitempty"` // incl (default) or excl
	MinAmount int64  `yaml:"min_amount,omitempty" json:"min_amount,omitempty"`
	Give      Give   `yaml:"give" json:"give"`
	Period    `yaml:",inline"`
}

// Campaign gives points on top (R13, R14). An empty condition holds.
type Campaign struct {
	Code      string `yaml:"code" json:"code"`
	Name      string `yaml:"name,omitempty" json:"name,omitempty"`
	Provider  string `yaml:"provider,omitempty" json:"provider,omitempty"` // empty = every provider
	PointType string `yaml:"point_type" json:"point_type"`
	Basis     string `yaml:"basis,omitempty" json:"basis,omitempty"` // incl (default) or excl
	MinAmount int64  `yaml:"min_amount,omitempty" json:"min_amount,omitempty"`
	Give      Give   `yaml:"give" json:"give"`
	Affiliate string `yaml:"affiliate,omitempty" json:"affiliate,omitempty"`
	// GrantTypes: a line without a grant type is PURCHASE.
	GrantTypes []string `yaml:"grant_types,omitempty" json:"grant_types,omitempty"`
	Weekdays   []int    `yaml:"weekdays,omitempty" json:"weekdays,omitempty"` // 1 Monday … 7 Sunday
	// Hours are windows [from, to) on the 30-hour clock, "22:00" to "26:00" (R11).
	Hours    [][2]string `yaml:"hours,omitempty" json:"hours,omitempty"`
	Stores   []string    `yaml:"stores,omitempty" json:"stores,omitempty"`
	Products []string    `yaml:"products,omitempty" json:"products,omitempty"`
	// ProductBasis is items (matching items only) or receipt; required with Products.
	ProductBasis string `yaml:"product_basis,omitempty" json:"product_basis,omitempty"`
	Group        string `yaml:"group,omitempty" json:"group,omitempty"`
	Caps         Caps   `yaml:"caps,omitempty" json:"caps,omitzero"`
	// Whole: an award that does not fit its caps per member and campaign is not given at all.
	Whole  bool `yaml:"whole,omitempty" json:"whole,omitempty"`
	Period `yaml:",inline"`
}

// Caps are limits in points, 1 to 10¹²; absent = none.
type Caps struct {
	Transaction *int64 `yaml:"transaction,omitempty" json:"transaction,omitempty"`
	Member      *int64 `yaml:"member,omitempty" json:"member,omitempty"`
	Campaign    *int64 `yaml:"campaign,omitempty" json:"campaign,omitempty"`
}

// Feed is how a retailer's files come in.
type Feed struct {
	Code string `yaml:"code" json:"code"`
	Name string `yaml:"name,omitempty" json:"name,omitempty"`
	// Files are name patterns (path.Match); the first feed by code that matches takes a file.
	Files []string `yaml:"files,omitempty" json:"files,omitempty"`
	// KeyFields make the transaction key (R5): business_date, store, register, receipt (default all four).
	KeyFields []string `yaml:"key_fields,omitempty" json:"key_fields,omitempty"`
	// BadLimit is the share of bad lines above which the file is refused, [num, den]. Default [1, 10].
	BadLimit *[2]int64 `yaml:"bad_limit,omitempty" json:"bad_limit,omitempty"`
	// OldestDays before run_date a business_date may lie. Default 90.
	OldestDays *int `yaml:"oldest_days,omitempty" json:"oldest_days,omitempty"`
	// Excl says where the amount without tax comes from (R9): file, tax, rates, rate, same; absent = the feed
	// serves no basis without tax.
	Excl string `yaml:"excl,omitempty" json:"excl,omitempty"`
	Rate int64  `yaml:"rate,omitempty" json:"rate,omitempty"` // per cent, with excl: rate
	// UnknownOriginal is error (default) or compute (R17).
	UnknownOriginal  string `yaml:"unknown_original,omitempty" json:"unknown_original,omitempty"`
	NegativeIsReturn bool   `yaml:"negative_is_return,omitempty" json:"negative_is_return,omitempty"`
	// MemberProvider is whose card a member number stands for (R7).
	MemberProvider string `yaml:"member_provider,omitempty" json:"member_provider,omitempty"`
	CardOptional   bool   `yaml:"card_optional,omitempty" json:"card_optional,omitempty"`
	// PointType of grant lines that name none.
	PointType string `yaml:"point_type,omitempty" json:"point_type,omitempty"`
	// FlatItems: each line is an item, consecutive lines of one receipt are one transaction (R5).
	FlatItems bool `yaml:"flat_items,omitempty" json:"flat_items,omitempty"`
	// FlatAmount is item (default: amounts are summed) or receipt (each line repeats them).
	FlatAmount string        `yaml:"flat_amount,omitempty" json:"flat_amount,omitempty"`
	Layout     layout.Layout `yaml:"layout" json:"layout"`
	Period     `yaml:",inline"`
}

// Outlet is how a provider's file goes out (R21).
type Outlet struct {
	Code     string `yaml:"code" json:"code"`
	Provider string `yaml:"provider" json:"provider"`
	// File is the name of the file; {run_date} (yyyymmdd), {file_no} and {provider} are replaced.
	File string `yaml:"file" json:"file"`
	// Grain is transaction (default: one record per transaction and point type), receipt or card.
	Grain string `yaml:"grain,omitempty" json:"grain,omitempty"`
	// Returns is negative (default), kind or netted.
	Returns string `yaml:"returns,omitempty" json:"returns,omitempty"`
	// Closed are run dates on which the provider takes no file; ClosedWeekdays 1 Monday … 7 Sunday.
	Closed         []calendar.Date `yaml:"closed,omitempty" json:"closed,omitempty"`
	ClosedWeekdays []int           `yaml:"closed_weekdays,omitempty" json:"closed_weekdays,omitempty"`
	SendEmpty      bool            `yaml:"send_empty,omitempty" json:"send_empty,omitempty"`
	// SequenceMax is the largest file number before it wraps to 1. Default 9999.
	SequenceMax int64         `yaml:"sequence_max,omitempty" json:"sequence_max,omitempty"`
	Layout      layout.Layout `yaml:"layout" json:"layout"`
	Period      `yaml:",inline"`
}
