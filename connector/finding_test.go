package connector_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector"
)

func TestFindingCodeWith(t *testing.T) {
	t.Parallel()
	hostile := "{message}[{status}]"
	for name, x := range map[string]struct {
		code   connector.FindingCode
		values map[string]string
		want   connector.Finding
	}{
		"values, with a part that has none": {
			connector.FoundUnknownDomain, map[string]string{"domain": hostile, "region": ""},
			connector.Finding{
				Check: "key", Level: connector.Broken, Values: map[string]string{"domain": hostile},
				Detail: "The key works, but the domain " + hostile + " is not known there.",
				Hint:   "Write domain as Mailgun's control panel lists it, or add it there.",
			},
		},
		"a reason, of no mail": {
			connector.FoundRefusal, map[string]string{"reason": "payment_required", "status": "402", "message": hostile},
			connector.Finding{
				Check: "key", Level: connector.Broken,
				Values: map[string]string{"reason": "payment_required", "status": "402", "message": hostile},
				Detail: "Mailgun wants a payment before it sends for this account (status 402): " + hostile + ".",
				Hint:   connector.ReasonPayment.Words().Hint,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x.want.Code = x.code
			if diff := cmp.Diff(x.want, x.code.With(x.values)); diff != "" {
				t.Errorf("With(%v) (-want +got):\n%s", x.values, diff)
			}
		})
	}
}
