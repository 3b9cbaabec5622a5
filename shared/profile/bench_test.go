package profile

import (
	"strings"
	"testing"
)

// BenchmarkCheck is one form, as it is checked twice in a registration: bulk registration checks a million.
func BenchmarkCheck(b *testing.B) {
	f, r := typed(), rules(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, faults := Check(f, r); len(faults) > 0 {
			b.Fatal(faults)
		}
	}
}

// BenchmarkCheckWithoutPassword is a line of a bulk registration.
func BenchmarkCheckWithoutPassword(b *testing.B) {
	f, r := typed(), rules(b)
	r.Demands = map[string]Demand{FieldPassword: NotAsked}
	b.ReportAllocs()
	for b.Loop() {
		if _, faults := Check(f, r); len(faults) > 0 {
			b.Fatal(faults)
		}
	}
}

// BenchmarkLongestPassword is the dearest input.
func BenchmarkLongestPassword(b *testing.B) {
	password := strings.Repeat("abcde12345", 12) + "xyz"
	for b.Loop() {
		_ = CheckPassword(password, 0)
	}
}
