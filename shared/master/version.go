package master

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash"
	"io"
)

// version is the SHA-256, in hex, over one line for each master, "kind {canonical JSON}", by kind (in the
// order of Kinds) and code. Formatting, comments, the order of keys and the split into files do not change
// it.
func version(s *Set) string {
	h := sha256.New()
	line(h, KindRetailer, s.Retailer)
	lines(h, KindProvider, s.Providers)
	lines(h, KindContract, s.Contracts)
	lines(h, KindFeed, s.Feeds)
	lines(h, KindOutlet, s.Outlets)
	lines(h, KindCard, s.Cards)
	lines(h, KindAffiliate, s.Affiliates)
	lines(h, KindPoints, s.Points)
	lines(h, KindCampaign, s.Campaigns)
	return hex.EncodeToString(h.Sum(nil))
}

func lines[T any](h hash.Hash, kind string, list []T) {
	for i := range list {
		line(h, kind, list[i])
	}
}

func line(h hash.Hash, kind string, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		return // unreachable: masters hold texts, numbers and dates only
	}
	_, _ = io.WriteString(h, kind+" ")
	_, _ = h.Write(append(text, '\n'))
}
