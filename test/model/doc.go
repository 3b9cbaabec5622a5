// Package model is the slow, obvious second implementation of the points rules (R3 to R19, R21, R22). It was
// written from the rules alone and imports nothing but the standard library, so that a mistake in the engine
// and a mistake here are unlikely to be the same mistake. It is compared with the engine on random cases.
//
// It works on the worked examples' own form: a Case holds masters, members and days with files, lines and
// the providers' answers; Run gives what is to come out of it, in the form of the examples' `expect`;
// Compare names the differences of two results. Load reads a file of examples. Random makes a case from a
// seed, Describe prints one for people, Shrink makes a failing one small.
//
// How to read it, in the order of a day:
//
//	case.go     the form of a case and of its result
//	text.go     dates, times, amounts, bytes of CP932 (R4, R11)
//	card.go     point cards, member numbers, payment cards (R7, R8, R16)
//	convert.go  lines become receipts, or bad ones (R4, R5, R9)
//	key.go      transaction keys and content (R5)
//	file.go     order, duplicates and refusal of files (R1, R3, R4)
//	rate.go     normal points and campaigns with their caps (R9 to R15)
//	returns.go  returns, cancels, unknown originals (R16, R17)
//	ledger.go   accounts, what a campaign has used, answers (R14, R19)
//	outgoing.go provider files (R21)
//	run.go      the day as a whole, and its totals (R12, R18, R22)
//
// Limits. The model has no tables of characters: every character of the first plane counts as one that
// CP932 can hold, every other as one that it cannot; of CP932 bytes it knows the ranges of lead and trail
// bytes, not the cells inside them that hold no character. Random stays inside these limits. Not in the
// model: R2, R6, R20, R23, R24, resends and adjustments (they have no form in a Case), and the layouts that
// the lines come from.
//
// Choices. Where rules and decisions are silent the model takes the most literal reading; each such place is
// marked with the word "Choice" in a comment.
package model
