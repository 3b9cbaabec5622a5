package card

import "testing"

func TestCheckDigitsAreTheKnownAnswers(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       byte
	}{
		{"LUHN", "999912345678901", '9'},
		{"LUHN", "99991234567890", '7'},
		{"LUHN", "0", '0'},
		{"M10W3", "490123456789", '4'},
		{"M10W3", "999912345678901", '0'},
		{"M11W2_7", "123456789", '2'},
		{"M11W2_7", "6", '0'},   // 11 - 12 % 11 = 10
		{"M11W2_7", "000", '0'}, // 11 - 0 = 11
		{"DR7", "123456789012345", '5'},
		{"DSR7", "123456789012345", '2'},
		{"DR7", "7", '0'},
		{"DSR7", "7", '7'},
	} {
		check, ok := CheckOf(c.name)
		if !ok {
			t.Fatalf("no check %s", c.name)
		}
		if got := check.Digit([]byte(c.body)); got != c.want {
			t.Errorf("%s of %s is %c, want %c", c.name, c.body, got, c.want)
		}
		for digit := byte('0'); digit <= '9'; digit++ {
			if holds := check.Holds(append([]byte(c.body), digit)); holds != (digit == c.want) {
				t.Errorf("%s of %s with %c holds: %v", c.name, c.body, digit, holds)
			}
		}
	}
}

func TestNoCheckAlwaysHolds(t *testing.T) {
	none, ok := CheckOf("")
	if !ok || none != None || !none.Holds([]byte("1")) || none.Digit([]byte("1")) != 0 {
		t.Error("a range without a check has one")
	}
	if _, ok := CheckOf("luhn"); ok {
		t.Error("check luhn was taken for LUHN")
	}
	if Luhn.Holds([]byte("0")) || Luhn.Holds(nil) {
		t.Error("a check digit without a body holds")
	}
}
