package master

import (
	"path"

	"multipoint/shared/calendar"
)

// Feed gives the feed of that code in force on runDate (R8), nil if there is none.
func (s *Set) Feed(code string, runDate calendar.Date) *Feed {
	for i := range s.Feeds {
		if f := &s.Feeds[i]; f.Code == code && f.Holds(runDate) {
			return f
		}
	}
	return nil
}

// FeedOf gives the feed that takes a file: the first by code that is in force on runDate and has a pattern
// that matches the file's base name (path.Match); nil if none takes it.
func (s *Set) FeedOf(name string, runDate calendar.Date) *Feed {
	for i := range s.Feeds {
		f := &s.Feeds[i]
		if !f.Holds(runDate) {
			continue
		}
		for _, pattern := range f.Files {
			if ok, err := path.Match(pattern, name); ok && err == nil {
				return f
			}
		}
	}
	return nil
}

// AcceptDays gives after how many days a provider's entries count as accepted by the contract in force on a
// run date (R19), nil if only its answers accept.
func (s *Set) AcceptDays(provider string, runDate calendar.Date) *int {
	for i := range s.Contracts {
		if c := &s.Contracts[i]; c.Provider == provider && c.Holds(runDate) {
			return c.AcceptDays
		}
	}
	return nil
}
