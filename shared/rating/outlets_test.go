package rating

import (
	"strings"
	"testing"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/master"
)

// TestR21ARunWithoutAnOutletInForceDoesNotBegin: entries that nobody may send would be lost.
func TestR21ARunWithoutAnOutletInForceDoesNotBegin(t *testing.T) {
	day, _ := calendar.Of(2026, 11, 23)
	set := &master.Set{
		Providers: []master.Provider{{Code: "P1"}},
		Cards:     []master.Card{{Code: "C", Provider: "P1", Digits: 3, Min: "100", Max: "199"}},
	}
	_, err := Run(&Job{Set: set, RunDate: day}, nil)
	if fault.CodeOf(err) != fault.MasterDangling || !strings.Contains(err.Error(), "P1") {
		t.Errorf("got %v, want master.dangling of P1", err)
	}
}
