package day

import (
	"errors"
	"syscall"

	"multipoint/shared/fault"
)

// full gives an error that comes from a disk without room its code; other errors stay as they are. Object
// storage says it in an answer, not in an error of the system.
func full(err error) error {
	var answered interface{ ErrorCode() string }
	said := errors.As(err, &answered) && answered.ErrorCode() == "InsufficientStorage"
	if err == nil || fault.CodeOf(err) == fault.StoreFull || !said && !errors.Is(err, syscall.ENOSPC) {
		return err
	}
	return &fault.Error{Code: fault.StoreFull, Err: err}
}
