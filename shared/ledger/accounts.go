package ledger

import (
	"fmt"

	"multipoint/shared/fault"
)

// Account is one of the five accounts that a provider has (R19).
type Account uint8

// The accounts of a provider. Points start at Issued, whose balance is what was ever granted, negated.
const (
	Issued Account = iota
	Granted
	Sent
	Accepted
	Refused
)

// String gives the account's name.
func (a Account) String() string {
	return [...]string{"issued", "granted", "sent", "accepted", "refused"}[a]
}

// Balances are points on the accounts of one provider, or the changes of one run; they sum to 0.
type Balances struct {
	Issued   int64 `json:"issued"`
	Granted  int64 `json:"granted"`
	Sent     int64 `json:"sent"`
	Accepted int64 `json:"accepted"`
	Refused  int64 `json:"refused"`
}

// Move moves points, which may be negative, from one account to another.
func (b *Balances) Move(from, to Account, points int64) {
	*b.of(from) -= points
	*b.of(to) += points
}

func (b *Balances) of(a Account) *int64 {
	return [...]*int64{&b.Issued, &b.Granted, &b.Sent, &b.Accepted, &b.Refused}[a]
}

// Add adds a run's changes.
func (b *Balances) Add(c Balances) {
	b.Issued += c.Issued
	b.Granted += c.Granted
	b.Sent += c.Sent
	b.Accepted += c.Accepted
	b.Refused += c.Refused
}

// Check says whether the accounts sum to 0. Error: totals.differ, naming the provider.
func (b *Balances) Check(provider string) error {
	if sum := b.Issued + b.Granted + b.Sent + b.Accepted + b.Refused; sum != 0 {
		what := fmt.Sprintf("the accounts of %s sum to %d: %+v", provider, sum, *b)
		return fault.New(fault.TotalsDiffer, what)
	}
	return nil
}
