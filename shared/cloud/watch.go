package cloud

import (
	"context"
	"errors"
	"fmt"
)

// Watch looks at the runs of all retailers by the clock: what is late or stopped is recorded, logged and
// mailed to the operator (SPEC A25). A retailer whose runs cannot be read keeps no other from being looked
// at.
func (p *Program) Watch(ctx context.Context) error {
	var failed []error
	err := p.Retailers(ctx, func(retailer string) error {
		s, err := p.Service(ctx, retailer)
		if err == nil {
			err = s.CheckAlarms(ctx, p.now())
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("retailer %s: %w", retailer, err))
		}
		return ctx.Err()
	})
	return errors.Join(append(failed, err)...)
}
