package day

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"multipoint/shared/calendar"
	"multipoint/shared/card"
	"multipoint/shared/table"
	"multipoint/shared/transaction"
)

// Objects (DESIGN §4): runs/<retailer>/<n>/<attempt>/<step>/<part> and, once for each run, pins and manifest.

func runName(run int64) string { return fmt.Sprintf("%08d", run) }

func (s *Service) runPath(run int64, name string) string {
	return "runs/" + s.Retailer + "/" + runName(run) + "/" + name
}

func (s *Service) partPath(run int64, attempt int, step, part string) string {
	return s.runPath(run, "a"+strconv.Itoa(attempt)+"/"+step+"/"+part)
}

func (s *Service) pinsPath(run int64) string     { return s.runPath(run, "pins.json") }
func (s *Service) manifestPath(run int64) string { return s.runPath(run, "manifest.json") }
func (s *Service) vaultPath(run int64) string    { return s.runPath(run, "vault") }

func (s *Service) heldPath(date calendar.Date, id string) string {
	return "held/" + s.Retailer + "/" + date.String() + "/" + id
}

// Partitions of the table. Keys are bytes: 00 ends a text, so no key is the beginning of another.

func (s *Service) key(kind string, more ...string) string {
	return table.Partition(kind, s.Retailer, more...)
}

// one is the sort key of items that are alone in their partition.
const one = "-"

func (s *Service) transactionKey(hash *transaction.Hash) table.Key {
	return table.Key{Partition: s.key("TXN", string(hash[:])), Sort: one}
}

func (s *Service) counterKey(campaign string, ref *card.Ref) table.Key {
	return table.Key{Partition: s.key("CAP", campaign, string(ref[:])), Sort: one}
}

func (s *Service) totalKey(campaign string) table.Key {
	return table.Key{Partition: s.key("CAPTOTAL"), Sort: campaign}
}

func (s *Service) runKey(run int64) table.Key {
	return table.Key{Partition: s.key("RUN"), Sort: runName(run)}
}

func (s *Service) heldKey(date calendar.Date, id string) table.Key {
	return table.Key{Partition: s.key("HELD"), Sort: date.String() + "\x00" + id}
}

func (s *Service) arrivalKey(name, id string) table.Key {
	return table.Key{Partition: s.key("ARRIVAL"), Sort: name + "\x00" + id}
}

func (s *Service) seenKey(feed, sum string) table.Key {
	return table.Key{Partition: s.key("SEEN", feed, sum), Sort: one}
}

func (s *Service) fileKey(outlet string, run int64) table.Key {
	return table.Key{Partition: s.key("FILE", outlet), Sort: runName(run)}
}

func (s *Service) accountKey(provider string, run int64) table.Key {
	return table.Key{Partition: s.key("ACCOUNT", provider), Sort: runName(run)}
}

// cardIndex places a transaction in the index by card and time.
func (s *Service) cardIndex(ref *card.Ref, instant int64, hash *transaction.Hash) table.Key {
	at := binary.BigEndian.AppendUint64(nil, uint64(instant)^1<<63)
	return table.Key{Partition: s.key("CARD", string(ref[:])), Sort: string(append(at, hash[:8]...))}
}
