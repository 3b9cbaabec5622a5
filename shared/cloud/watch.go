package cloud

import (
	"context"
	"fmt"
	"sync"
)

// lookedAtOnce is how many retailers Watch looks at beside each other: a look is some waiting for the table
// and nothing to compute.
const lookedAtOnce = 16

// Watch looks at the runs of all retailers by the clock: what is late or stopped is recorded, logged and
// mailed to the operator (SPEC A25). A retailer whose runs cannot be read keeps no other from being looked
// at.
func (p *Program) Watch(ctx context.Context) error {
	var (
		looks  sync.WaitGroup
		slots  = make(chan struct{}, lookedAtOnce)
		mu     sync.Mutex
		failed int
		first  error
	)
	err := p.Retailers(ctx, func(retailer string) error {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		looks.Go(func() {
			defer func() { <-slots }()
			err := p.look(ctx, retailer)
			if err == nil {
				return
			}
			p.Log.Error("a retailer's runs were not looked at", "retailer", retailer, "error", err.Error(),
				"request", requestID(ctx))
			mu.Lock()
			defer mu.Unlock()
			if failed++; first == nil {
				first = fmt.Errorf("retailer %s: %w", retailer, err)
			}
		})
		return nil
	})
	looks.Wait()
	switch {
	case err != nil:
		return fmt.Errorf("not all retailers were looked at: %w", err)
	case failed > 0:
		return fmt.Errorf("%d retailers were not looked at, one of them: %w", failed, first)
	}
	return nil
}

// look looks at the runs of one retailer.
func (p *Program) look(ctx context.Context, retailer string) error {
	s, err := p.Service(ctx, retailer)
	if err != nil {
		return err
	}
	return s.CheckAlarms(ctx, p.now())
}
