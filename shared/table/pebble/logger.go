package pebble

import "fmt"

// logger is silent: errors come back to callers. It must not return from Fatalf, behind which the store takes
// its work for done.
type logger struct{}

// fatal is what the store can not go on after.
type fatal struct{ what string }

func (f fatal) Error() string { return f.what }

func (logger) Infof(string, ...any)  {}
func (logger) Errorf(string, ...any) {}

func (logger) Fatalf(format string, args ...any) {
	// unreachable: while the disk works. In a caller's goroutine it is recovered and breaks the table, in one
	// of the store's own it ends the process.
	panic(fatal{fmt.Sprintf(format, args...)})
}
