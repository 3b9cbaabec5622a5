package gateway_test

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"testing"

	"multipoint/shared/object"
	"multipoint/shared/object/gateway"
	"multipoint/shared/object/objecttest"
)

// start starts a gateway that ends with the test.
func start(t testing.TB, options gateway.Options) *gateway.Gateway {
	t.Helper()
	if options.Dir == "" {
		options.Dir = t.TempDir()
	}
	if options.Failed == nil {
		options.Failed = func(err error) { t.Errorf("inside the gateway: %v", err) }
	}
	g, err := gateway.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return g
}

// buckets gives each test of the suite an empty bucket.
func buckets(g *gateway.Gateway) func(*testing.T) object.Store {
	n := 0
	return func(t *testing.T) object.Store {
		n++
		s, err := g.Store(t.Context(), fmt.Sprintf("bucket-%d", n))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func TestConformance(t *testing.T) {
	objecttest.Run(t, buckets(start(t, gateway.Options{})))
}

func TestConformanceWithoutExtendedAttributes(t *testing.T) {
	if raceDetector {
		t.Skip("takes minutes with the race detector, and has the same goroutines as TestConformance")
	}
	objecttest.Run(t, buckets(start(t, gateway.Options{Sidecar: true})))
}

// BenchmarkLarge writes and reads an object of 64 MiB through the whole stack.
func BenchmarkLarge(b *testing.B) {
	s := store(b, start(b, gateway.Options{}))
	body := bytes.Repeat([]byte("0123456789abcdef"), 4<<20)
	b.Run("put", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			if err := s.Put(b.Context(), "large", bytes.NewReader(body), nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("get", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			r, err := s.Open(b.Context(), "large", 0, -1)
			if err != nil {
				b.Fatal(err)
			}
			if n, err := io.Copy(io.Discard, r); err != nil || n != int64(len(body)) {
				b.Fatal(n, err)
			}
			if err := r.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkSmall writes and reads 1,000 objects of 4 kB, 16 at a time, and syncs once.
func BenchmarkSmall(b *testing.B) {
	s := store(b, start(b, gateway.Options{}))
	body := bytes.Repeat([]byte("x"), 4096)
	each := func(b *testing.B, do func(key string) error) {
		b.Helper()
		var all sync.WaitGroup
		for i := range 16 {
			all.Go(func() {
				for n := i; n < 1000; n += 16 {
					if err := do(fmt.Sprintf("small/%d/%d", n%10, n)); err != nil {
						b.Error(err)
					}
				}
			})
		}
		all.Wait()
	}
	b.Run("put", func(b *testing.B) {
		for b.Loop() {
			each(b, func(key string) error { return s.Put(b.Context(), key, bytes.NewReader(body), nil) })
			if err := s.Sync(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("get", func(b *testing.B) {
		for b.Loop() {
			each(b, func(key string) error {
				_, err := object.ReadAll(b.Context(), s, key, 4096)
				return err
			})
		}
	})
}
