// Package transaction is the record of the common layout (共通ファイルレイアウト, DESIGN §5): what a line of any
// feed becomes, with its identity (R5, R6), its forms as CSV for people and as bytes between steps.
package transaction

import "multipoint/shared/calendar"

// Kind says what a transaction does.
type Kind uint8

// Kinds of transactions. Sales and grants are rated before all returns and cancels (R12).
const (
	Sale Kind = iota
	Grant
	Return
	Cancel
)

// String gives the kind's name in the common layout.
func (k Kind) String() string { return [...]string{"sale", "grant", "return", "cancel"}[k] }

// TakesBack says whether the kind takes points back.
func (k Kind) TakesBack() bool { return k >= Return }

// Transaction is one record of the common layout. Byte slices are views into a buffer of whoever filled the
// record and are valid until it is filled again; they hold UTF-8 without padding. Amounts are whole yen;
// those of returns and cancels are magnitudes (R16).
type Transaction struct {
	File   int32 // file ordinal in the run, from 1 (R1)
	Line   int64 // record number in the file, from 1 (R4)
	Offset int64 // byte offset of the record in the file
	Kind   Kind

	Date    calendar.Date  // business_date
	Time    calendar.Clock // as written, on the 30-hour clock; calendar.NoTime if there is none
	TimeRaw []byte         // the time as it stood in the file

	Store, Register, Receipt []byte
	// Names of the original sale, for returns and cancels that name one.
	OriginalDate                                     calendar.Date
	OriginalStore, OriginalRegister, OriginalReceipt []byte
	// NamesOriginal: the line names the sale that it takes back (returns and cancels only).
	NamesOriginal bool
	// Key is SHA-256 of the transaction key (R5). Original is that of what stands in the original's place in
	// the key of a return or cancel: the original's key, or the key fields of a line that names none. Zero
	// for sales.
	Key, Original Hash

	Card     []byte // point card as normalised digits, as written (short forms stay short); empty = none
	Account  []byte // the number that points go to: the card in its full form, or the member's card
	Scheme   int32  // index of the card range in master.Set.Cards, -1 = no account
	Provider int32  // index in master.Set.Providers, -1 = none
	MemberNo []byte
	// AffiliateRaw is what the line says; Affiliate the index in master.Set.Affiliates, -1 = none.
	AffiliateRaw []byte
	Affiliate    int32

	AmountIncl int64
	// AmountExcl is from the file or by the feed's formula (R9); meaningless if the feed serves none.
	AmountExcl int64
	// Excl to Tax10 are the file's other amounts, 0 where blank; they are content (R5).
	Excl, Incl8, Incl10, Tax8, Tax10 int64

	PointType   []byte // as written; empty = none
	GrantType   []byte // as written; empty = PURCHASE (R13)
	PointsGiven int64  // of grants
	Items       []Item
}

// Hash is a SHA-256.
type Hash [32]byte

// Item is one product line of a receipt.
type Item struct {
	Product  []byte
	Quantity int64 // 1 if the file has none
	Amount   int64 // yen with tax; discounts are negative
	TaxRate  int32 // per cent
}

// Anchor is the hash that keeps together all transactions that can meet: a sale, what takes it back, and
// returns whose keys may be equal (R6, decision 1).
func (t *Transaction) Anchor() *Hash {
	if t.Kind.TakesBack() {
		return &t.Original
	}
	return &t.Key
}

// Bucket is the first byte of the anchor (R6).
func (t *Transaction) Bucket() int { return int(t.Anchor()[0]) }

// Instant orders transactions (R12): seconds since 1970-01-01T00:00:00 in Japan; no time counts as 00:00:00.
func (t *Transaction) Instant() int64 {
	seconds := int64(t.Time)
	if t.Time == calendar.NoTime {
		seconds = 0
	}
	return int64(t.Date)*86400 + seconds
}
