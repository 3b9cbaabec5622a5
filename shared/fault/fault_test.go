package fault_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"multipoint/shared/fault"
)

func TestErrorPrintsCodePlaceAndWhat(t *testing.T) {
	place := fault.Place{File: "sales.csv", Line: 7, Field: "card", Offset: 0, HasOffset: true}
	third := fault.Place{Line: 3}
	cases := []struct {
		err  *fault.Error
		want string
	}{
		{fault.New(fault.FileEmpty, ""), "MP-1106 file.empty: The file has no bytes at all."},
		{fault.New(fault.CardUnknown, "no such range"), "MP-1203 card.unknown: no such range"},
		{
			fault.At(fault.CardUnknown, place, "no range"),
			"MP-1203 card.unknown at sales.csv:7 field card byte 0: no range",
		},
		{
			&fault.Error{Code: fault.ReadFailed, Place: third, What: "cut off", Err: io.ErrUnexpectedEOF},
			"MP-3002 read.failed at line 3: cut off: unexpected EOF",
		},
	}
	for _, c := range cases {
		if got := c.err.Error(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestPlacePrintsOnlyWhatIsKnown(t *testing.T) {
	for want, place := range map[string]fault.Place{
		"":                {Offset: 9},
		"a.csv":           {File: "a.csv"},
		"a.csv:2":         {File: "a.csv", Line: 2},
		"line 2 byte 9":   {Line: 2, Offset: 9, HasOffset: true},
		"field card":      {Field: "card"},
		"a.csv field tax": {File: "a.csv", Field: "tax"},
	} {
		if got := place.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestCodeIsFoundInAChain(t *testing.T) {
	inner := fault.New(fault.DateBad, "")
	if got := fault.CodeOf(fmt.Errorf("while reading: %w", inner)); got != fault.DateBad {
		t.Errorf("wrapped: got %v, want date.bad", got)
	}
	outer := &fault.Error{Code: fault.ReadFailed, Err: inner}
	if got := fault.CodeOf(outer); got != fault.ReadFailed {
		t.Errorf("two faults: got %v, want the first, read.failed", got)
	}
	if !errors.Is(&fault.Error{Code: fault.ReadFailed, Err: io.EOF}, io.EOF) {
		t.Error("the cause is not found by errors.Is")
	}
	if got := fault.CodeOf(io.EOF); got != 0 {
		t.Errorf("no fault: got %v, want 0", got)
	}
}

func TestUnlistedCodeSaysSo(t *testing.T) {
	code := fault.Code(9999)
	if got := code.String() + code.Meaning() + code.Do(); got != "MP-9999 fault.unlisted" {
		t.Errorf("got %q", got)
	}
}
