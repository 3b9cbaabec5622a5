package account

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"

	"multipoint/shared/fault"
	"multipoint/shared/table"
)

// Allowed says whether an address is in one of the networks. IPv4 is IPv4, also where it comes or is
// written as IPv6 (::ffff:192.0.2.1); zones do not matter. No network allows nobody.
func Allowed(prefixes []netip.Prefix, from netip.Addr) bool {
	from = from.Unmap().WithZone("")
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool {
		if p.Addr().Is4In6() && p.Bits() >= mappedBits {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mappedBits)
		}
		return p.Contains(from)
	})
}

// mappedBits are those before the IPv4 address in ::ffff:0:0/96.
const mappedBits = 96

// Sources gives the networks from which staff of a realm may log in and work (SPEC A22). Errors: ErrInvalid,
// those of the table.
func (a *Accounts) Sources(ctx context.Context, in Realm) ([]netip.Prefix, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	item, _, err := a.table.Get(ctx, in.sourcesKey())
	if err != nil {
		return nil, err
	}
	return readSources(item)
}

// SetSources gives the action that allows these networks, and no others, to the staff of a realm; none shuts
// all out. Error: ErrInvalid.
func (a *Accounts) SetSources(in Realm, prefixes []netip.Prefix) (table.Action, error) {
	if err := in.check(); err != nil {
		return table.Action{}, err
	}
	if len(prefixes) > MaxPrefixes || !in.Kind.staff() {
		return table.Action{}, fmt.Errorf("%d networks for %q: %w", len(prefixes), in.Kind, ErrInvalid)
	}
	for _, p := range prefixes {
		if !p.IsValid() {
			return table.Action{}, fmt.Errorf("network %v: %w", p, ErrInvalid)
		}
	}
	body, err := json.Marshal(prefixes)
	return table.Action{Item: table.Item{Key: in.sourcesKey(), Body: body}}, err
}

func readSources(item table.Item) ([]netip.Prefix, error) {
	if item.Version == 0 {
		return nil, nil
	}
	var prefixes []netip.Prefix
	if err := json.Unmarshal(item.Body, &prefixes); err != nil {
		return nil, fmt.Errorf("an allowlist: %w", ErrDamaged)
	}
	return prefixes, nil
}

// admits says whether somebody may come from an address, given the item of the realm's networks. Members may
// from anywhere.
func admits(in Realm, sources table.Item, from netip.Addr) error {
	if !in.Kind.staff() {
		return nil
	}
	prefixes, err := readSources(sources)
	if err == nil && !Allowed(prefixes, from) {
		err = fault.New(fault.SourceRefused, "")
	}
	return err
}

func (r Realm) sourcesKey() table.Key { return r.keyOf("SOURCES") }
