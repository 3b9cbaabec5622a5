package day

import (
	"encoding/json"
	"time"

	"multipoint/shared/calendar"
	"multipoint/shared/fault"
	"multipoint/shared/intake/cut"
)

// Arrival is the record of a file that arrived, written once by intake (R1). Nothing in it holds a card
// number or a name.
type Arrival struct {
	ID      string        `json:"id"`   // unique among the retailer's arrivals
	Name    string        `json:"name"` // as it was uploaded
	Feed    string        `json:"feed,omitempty"`
	Arrived time.Time     `json:"arrived"` // whole seconds
	RunDate calendar.Date `json:"run_date"`
	Bytes   int64         `json:"bytes"`
	SHA256  string        `json:"sha256"`
	HasData bool          `json:"has_data"` // has a data record (R3)
	Chunks  []Chunk       `json:"chunks,omitempty"`
	// Refused is why intake holds the file back for good, empty if a run takes it.
	Refused *Refusal `json:"refused,omitempty"`
}

// Chunk is a stretch of a held file that begins where a transaction does.
type Chunk struct {
	Key string `json:"key"` // of its part
	cut.Chunk
}

// Refusal is why a file was not taken in.
type Refusal struct {
	Code  fault.Code `json:"code"`
	Name  string     `json:"name"`
	Line  int64      `json:"line,omitempty"`
	Field string     `json:"field,omitempty"`
}

// Takes says whether a run takes the file.
func (a *Arrival) Takes() bool { return a.Refused == nil }

func readArrival(body []byte) (*Arrival, error) {
	a := &Arrival{}
	if err := json.Unmarshal(body, a); err != nil {
		return nil, damagedItem("an arrival", err)
	}
	return a, nil
}

// seenFile is an accepted file as R3 remembers it.
type seenFile struct {
	Run     int64         `json:"run"`
	RunDate calendar.Date `json:"run_date"`
}

func readSeen(body []byte) (list []seenFile, err error) {
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, damagedItem("a file", err)
	}
	return list, nil
}
