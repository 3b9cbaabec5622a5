package local_test

import (
	"testing"

	"multipoint/shared/keys"
	"multipoint/shared/keys/keystest"
)

func TestConformance(t *testing.T) {
	keystest.Run(t, func(t *testing.T) keys.Wrapper {
		k, _ := newKeyset(t)
		return k
	})
}
