package standalone_test

import (
	"os"
	"testing"

	"multipoint/shared/object"
	"multipoint/shared/object/objecttest"
	"multipoint/shared/standalone"
)

func TestScratchIsAnObjectStore(t *testing.T) {
	objecttest.Run(t, func(t *testing.T) object.Store {
		s, err := standalone.NewScratch(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(s.Dir()); !os.IsNotExist(err) {
				t.Errorf("the folder is left: %v", err)
			}
		})
		return s
	})
}
