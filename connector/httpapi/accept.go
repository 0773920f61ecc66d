package httpapi

import (
	"mime"
	"strconv"
	"strings"
)

// prefersYAML reports whether an Accept header asks for YAML rather than JSON (RFC
// 9110, section 12.5.1): it must name it, and JSON not with a higher quality. JSON is
// given to who takes both alike.
func prefersYAML(values []string) bool {
	var yaml, json float64
	for part := range strings.SplitSeq(strings.Join(values, ","), ",") {
		media, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		quality := 1.0
		if q, ok := params["q"]; ok {
			if quality, err = strconv.ParseFloat(q, 64); err != nil {
				continue
			}
		}
		switch media {
		case yamlMediaType:
			yaml = max(yaml, quality)
		case "application/json":
			json = max(json, quality)
		}
	}
	return yaml > json
}
