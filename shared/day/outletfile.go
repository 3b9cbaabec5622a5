package day

import (
	"encoding/json"

	"multipoint/shared/calendar"
)

// ProviderFile is what became of an outlet's entries in a run, as the ledger keeps it: a file, or, on a day
// on which the outlet is closed, entries that wait.
type ProviderFile struct {
	Outlet   string        `json:"outlet"`
	Provider string        `json:"provider"`
	Run      int64         `json:"run"`
	RunDate  calendar.Date `json:"run_date"`
	Carried  bool          `json:"carried,omitempty"` // entries wait; there is no file
	// FileNo and Name of the file, 0 and empty if none was sent.
	FileNo  int64  `json:"file_no,omitempty"`
	Name    string `json:"name,omitempty"`
	Part    Part   `json:"part"`           // the file, or the waiting entries
	Links   Part   `json:"links,omitzero"` // which entries left under which sequence number
	SHA256  string `json:"sha256,omitempty"`
	Bytes   int64  `json:"bytes,omitempty"`
	Records int64  `json:"records"`
	Entries int64  `json:"entries"` // sent or waiting
	Points  int64  `json:"points"`
	// CarriedSHA256 is the hash of the places and points of entries that wait (R20).
	CarriedSHA256 string `json:"carried_sha256,omitempty"`
	// AcceptedRun is the day run that accepted the rest (R19), 0 if none did.
	AcceptedRun int64 `json:"accepted_run,omitempty"`
	// Answers are what answer runs moved before that.
	Answers []FileAnswer `json:"answers,omitempty"`
}

// FileAnswer is what one answer run moved from sent.
type FileAnswer struct {
	Run      int64 `json:"run"`
	Accepted int64 `json:"accepted,omitempty"` // points
	Refused  int64 `json:"refused,omitempty"`  // points that were still sent
}

// AcceptedPoints are those that answers accepted.
func (f *ProviderFile) AcceptedPoints() (sum int64) {
	for _, a := range f.Answers {
		sum += a.Accepted
	}
	return sum
}

// RefusedPoints are those that answers refused while they were sent.
func (f *ProviderFile) RefusedPoints() (sum int64) {
	for _, a := range f.Answers {
		sum += a.Refused
	}
	return sum
}

func readProviderFile(body []byte) (*ProviderFile, error) {
	f := &ProviderFile{}
	if err := json.Unmarshal(body, f); err != nil {
		return nil, damagedItem("a provider file", err)
	}
	return f, nil
}
