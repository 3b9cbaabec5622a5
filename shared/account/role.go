package account

import (
	"slices"

	"multipoint/shared/fault"
)

// Kind says for whom a realm is.
type Kind string

// Kinds of realms.
const (
	Member   Kind = "member"
	HQ       Kind = "hq"       // staff of the retailer
	Partner  Kind = "partner"  // staff of a provider
	Operator Kind = "operator" // of the service, over all retailers
)

// staff says whether logins come from allowed networks only (SPEC A22) and passwords are longer.
func (k Kind) staff() bool { return k != Member }

// Role is what staff may do. An account may have none: it can log in and change its password.
type Role string

// Roles. The admin of a realm may do what its others may, and invites and suspends them.
const (
	RoleHQ           Role = "hq"
	RoleHQAdmin      Role = "hq-admin"
	RolePartner      Role = "partner"
	RolePartnerAdmin Role = "partner-admin"
	RoleOperator     Role = "operator"
)

// Kind gives the kind of realm a role is for, "" if there is no such role.
func (r Role) Kind() Kind {
	switch r {
	case RoleHQ, RoleHQAdmin:
		return HQ
	case RolePartner, RolePartnerAdmin:
		return Partner
	case RoleOperator:
		return Operator
	}
	return ""
}

// admin gives the role that includes another one.
func (r Role) admin() Role {
	switch r {
	case RoleHQ:
		return RoleHQAdmin
	case RolePartner:
		return RolePartnerAdmin
	}
	return r
}

// Need says whether an account may do what a role may. Error: fault.RightMissing.
func (account *Account) Need(role Role) error {
	if slices.Contains(account.Roles, role) || slices.Contains(account.Roles, role.admin()) {
		return nil
	}
	return fault.New(fault.RightMissing, "")
}
