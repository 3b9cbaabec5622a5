package points

import (
	"slices"
	"testing"

	"multipoint/shared/fault"
	"multipoint/shared/transaction"
)

func sold(yen int64, points ...int64) *Original {
	o := &Original{Incl: yen}
	for _, p := range points {
		o.Entries = append(o.Entries, Standing{Points: p, Standing: p})
	}
	return o
}

// takes checks one return or cancel; want nil = the fault exceeds_sale.
func takes(t *testing.T, o *Original, kind transaction.Kind, yen int64, want ...int64) {
	t.Helper()
	before := *o
	got, code := TakeBack(o, kind, yen, nil)
	if !slices.Equal(got, want) || (code != 0) != (want == nil) {
		t.Errorf("%v of %d yen took %v (%v), want %v", kind, yen, got, code, want)
	}
	if code != 0 && (code != fault.ReturnExceedsSale || o.Returned != before.Returned ||
		o.Closed != before.Closed) {
		t.Errorf("%v changed the original to %+v", code, *o)
	}
}

const (
	ret    = transaction.Return
	cancel = transaction.Cancel
)

func TestR16AFullReturnTakesBackAllEntries(t *testing.T) {
	takes(t, sold(1080, 10, 54, 30), ret, 1080, 10, 54, 30)
}

func TestR16PartialReturnsTakeTheFloorOfTheRunningShare(t *testing.T) {
	o := sold(1000, 10)
	takes(t, o, ret, 333, 3)
	takes(t, o, ret, 333, 3)
	takes(t, o, ret, 334, 4)
}

func TestR16EachGrantEntryIsSharedByItself(t *testing.T) {
	takes(t, sold(300, 3, 3), ret, 150, 1, 1)
}

func TestR16MoreYenBackThanSoldIsAnError(t *testing.T) {
	o := sold(1000, 10)
	takes(t, o, ret, 700, 7)
	takes(t, o, ret, 400)
	takes(t, o, ret, 300, 3)
	takes(t, o, ret, 1)
	takes(t, o, ret, 0, 0)
}

func TestR16ASaleOf0YenReturnsOrCancelsOnce(t *testing.T) {
	for _, kinds := range [][2]transaction.Kind{{ret, ret}, {ret, cancel}, {cancel, ret}, {cancel, cancel}} {
		o := sold(0, 5)
		takes(t, o, ret, 1)
		takes(t, o, kinds[0], 0, 5)
		takes(t, o, kinds[1], 0)
	}
}

func TestR16ACancelTakesAllThatIsLeft(t *testing.T) {
	o := sold(1000, 10)
	takes(t, o, ret, 300, 3)
	takes(t, o, cancel, 999_999, 7)
	takes(t, o, cancel, 0, 0)
	takes(t, o, ret, 1)
}

func TestR16WhatTheProviderRefusedIsNotTakenBackAgain(t *testing.T) {
	o := sold(1000, 10)
	takes(t, o, ret, 300, 3)
	o.Entries[0].Standing -= 10 // the sale's entry was refused
	takes(t, o, ret, 700, 0)
}

func TestR16ARefusedReturnStillCountsAsTakenBack(t *testing.T) {
	o := sold(1000, 10)
	takes(t, o, ret, 300, 3)
	o.Entries[0].Standing += 3
	takes(t, o, ret, 700, 7)
}

func TestR16AnAdjustedEntryGivesBackNoMoreThanStands(t *testing.T) {
	o := sold(1000, 10)
	o.Entries[0].Standing -= 4
	takes(t, o, ret, 500, 5)
	takes(t, o, ret, 500, 1)
}

func TestR16SharesAreExactBeyond64Bits(t *testing.T) {
	const most = 1_000_000_000_000
	takes(t, sold(most, most), ret, most-1, most-1)
	takes(t, sold(most, most-1), ret, most-1, most-2)
}
