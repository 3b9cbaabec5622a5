package account

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Parameters are the cost of argon2id. OWASP's choice is 19 MiB, 2 passes, 1 lane.
type Parameters struct {
	MemoryKiB uint32
	Passes    uint32
	Lanes     uint8
}

// Bounds of what is read, so that a damaged item can not ask for the machine's memory.
const (
	maxMemoryKiB = 256 << 10
	maxPasses    = 16
	maxLanes     = 16
	minSum       = 8 // bytes of salt and hash
	maxSum       = 64
)

// phc is a password's hash as it is kept: $argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>, both in base64
// without padding.
type phc struct {
	Parameters
	salt, sum []byte
}

// String writes the one form that readPHC takes.
func (h phc) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.MemoryKiB, h.Passes, h.Lanes,
		base64.RawStdEncoding.EncodeToString(h.salt), base64.RawStdEncoding.EncodeToString(h.sum))
}

// of computes the sum of a password with the cost, salt and length of h.
func (h phc) of(password string) []byte {
	size := uint32(len(h.sum)) // #nosec G115 -- at most maxSum
	return argon2.IDKey([]byte(password), h.salt, h.Passes, h.MemoryKiB, h.Lanes, size)
}

// readPHC reads a hash within the bounds. Error: ErrDamaged, without the text.
func readPHC(text string) (phc, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" ||
		parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return phc{}, fmt.Errorf("a password's hash: %w", ErrDamaged)
	}
	var h phc
	costs := strings.Split(parts[3], ",")
	if len(costs) != 3 {
		return phc{}, fmt.Errorf("a password's hash: %w", ErrDamaged)
	}
	h.MemoryKiB = cost(costs[0], "m=", maxMemoryKiB)
	h.Passes = cost(costs[1], "t=", maxPasses)
	h.Lanes = uint8(cost(costs[2], "p=", maxLanes)) // #nosec G115 -- at most maxLanes
	h.salt, h.sum = sum(parts[4]), sum(parts[5])
	if h.Passes == 0 || h.Lanes == 0 || h.MemoryKiB < 8*uint32(h.Lanes) || h.salt == nil || h.sum == nil {
		return phc{}, fmt.Errorf("a password's hash: %w", ErrDamaged)
	}
	return h, nil
}

// cost reads name and number, 1 to most, in the one form that it has; 0 if it is none.
func cost(text, name string, most uint32) uint32 {
	digits, _ := strings.CutPrefix(text, name)
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || n > uint64(most) || text != name+strconv.FormatUint(n, 10) {
		return 0
	}
	return uint32(n)
}

// sum reads base64 in the one form that it has; nil if it is none.
func sum(text string) []byte {
	if len(text) > base64.RawStdEncoding.EncodedLen(maxSum) || strings.ContainsAny(text, "\r\n") {
		return nil
	}
	b, err := base64.RawStdEncoding.Strict().DecodeString(text)
	if err != nil || len(b) < minSum {
		return nil
	}
	return b
}
