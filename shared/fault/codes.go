package fault

// Entry describes one code; docs/errors.md is generated from the catalogue.
type Entry struct {
	Code    Code
	Name    string
	Meaning string
	Do      string
}

// Codes of a whole file (R3, R4): 11xx.
const (
	FileDuplicate      Code = 1101
	FileTrailerMissing Code = 1102
	FileHeaderMissing  Code = 1103
	FileOrder          Code = 1104
	FileTruncated      Code = 1105
	FileEmpty          Code = 1106
	FileEncoding       Code = 1107
	FileQuote          Code = 1108
	FileCount          Code = 1110
	FileAmount         Code = 1111
	FileBadLines       Code = 1112
	FileControl        Code = 1113
	RecordTooLong      Code = 1120
	FeedUnknown        Code = 1130
	RetailerUnknown    Code = 1131
	FileCardNumber     Code = 1140
	FileTooLarge       Code = 1141
	FileName           Code = 1142
)

// Codes of a bad line (R4): 12xx. A bad line never stops a good one.
const (
	TextUndecodable  Code = 1201
	TextNUL          Code = 1202
	CardUnknown      Code = 1203
	CardCheckDigit   Code = 1204
	CardNotDigits    Code = 1205
	CardMissing      Code = 1206
	MemberUnknown    Code = 1207
	MemberNoCard     Code = 1208
	DateBad          Code = 1210
	DateFuture       Code = 1211
	DateTooOld       Code = 1212
	TimeBad          Code = 1213
	AmountBad        Code = 1220
	AmountNegative   Code = 1221
	AmountDiffers    Code = 1222
	AmountSigns      Code = 1223
	NumberExcel      Code = 1224
	PointsBad        Code = 1225
	PointTypeMissing Code = 1226
	KindBad          Code = 1230
	ReceiptMissing   Code = 1231
	RecordLength     Code = 1232
	RecordColumns    Code = 1233
	RecordKind       Code = 1234
	RecordLineEnd    Code = 1235
	ItemBad          Code = 1236
	ItemAlone        Code = 1237
	LookupMissing    Code = 1238
	RecordQuote      Code = 1239
)

// Codes of a rating error (R18) and a warning: 13xx.
const (
	OutletUnencodable     Code = 1301
	TransactionDuplicate  Code = 1302
	TransactionConflict   Code = 1303
	ReturnOriginalUnknown Code = 1304
	ReturnExceedsSale     Code = 1305
	PointsLimit           Code = 1306
	ReturnErased          Code = 1307
	ReturnCardDiffers     Code = 1310
)

// Codes of masters and layouts: 20xx.
const (
	MasterSyntax        Code = 2001
	MasterSchema        Code = 2002
	MasterDangling      Code = 2003
	MasterOverlap       Code = 2004
	MasterUnreachable   Code = 2005
	MasterDuplicate     Code = 2006
	MasterBasis         Code = 2007
	MasterValue         Code = 2008
	LayoutWidths        Code = 2020
	LayoutUnencodable   Code = 2021
	LayoutField         Code = 2022
	LayoutRecord        Code = 2023
	LayoutNotWritable   Code = 2024
	LayoutConverter     Code = 2025
	LayoutDiscriminator Code = 2026
)

// Codes of the outgoing side: 23xx.
const (
	OutletOverflow Code = 2301
)

// Codes of commands and their surroundings: 30xx.
const (
	UsageFlag      Code = 3001
	ReadFailed     Code = 3002
	WriteFailed    Code = 3003
	OutputExists   Code = 3004
	TotalsDiffer   Code = 3010
	InputTooLarge  Code = 3011
	ArrivalsDiffer Code = 3012
)

// Codes of runs and what they keep: 40xx.
const (
	RunBusy        Code = 4001
	RunExists      Code = 4002
	RunUnknown     Code = 4003
	RunCommitted   Code = 4004
	RunVoided      Code = 4005
	RunClosed      Code = 4006
	RunFenced      Code = 4007
	PartMissing    Code = 4010
	PartDamaged    Code = 4011
	PartDiffers    Code = 4012
	PartShredded   Code = 4013
	LedgerDiffers  Code = 4014
	MastersMissing Code = 4020
	AdjustmentBad  Code = 4021
	StoreInUse     Code = 4030
	StoreDamaged   Code = 4031
	StoreFull      Code = 4032
)

// Codes of what a person typed into a form (DOMAIN 6.1): 51xx. The place names the field.
const (
	FieldMissing        Code = 5101
	FieldTooLong        Code = 5102
	FieldCharacters     Code = 5103
	FieldChoice         Code = 5104
	KanaBad             Code = 5105
	PostalBad           Code = 5106
	PhoneBad            Code = 5107
	BirthBad            Code = 5108
	AddressBad          Code = 5109
	ConfirmationDiffers Code = 5110
	PasswordShort       Code = 5111
	PasswordLong        Code = 5112
	PasswordCommon      Code = 5113
	TermsNotAccepted    Code = 5114
)

// Codes of members (SPEC A1 to A4): 52xx.
const (
	PhoneTaken      Code = 5201
	CardTaken       Code = 5202
	AddressTaken    Code = 5203
	MemberAbsent    Code = 5204
	MemberChanged   Code = 5205
	MemberCancelled Code = 5206
	CardTooMany     Code = 5207
	CardNotHeld     Code = 5208
	MemberUnderWay  Code = 5209
)

// Codes of logins and rights (SPEC A5, A22): 53xx.
const (
	LinkBad         Code = 5301
	LoginFailed     Code = 5302
	LoginLocked     Code = 5303
	SessionEnded    Code = 5304
	CodeWrong       Code = 5305
	SourceRefused   Code = 5306
	RightMissing    Code = 5307
	RequestForeign  Code = 5308
	PersonalDamaged Code = 5309
)

// Codes of mails (SPEC A6 to A8, R23): 54xx.
const (
	MailTemplateBad Code = 5401
	UnsubscribeBad  Code = 5402
	MailSuppressed  Code = 5403
	MailQueueFull   Code = 5404
)
