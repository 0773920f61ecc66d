package org.keycloak.util;

import java.io.IOException;
import java.util.Map;
import java.util.stream.Collectors;

/** Writes the maps of texts that the recipe writes, as Keycloak's does by Jackson. */
public class JsonSerialization {
  public static String writeValueAsString(Object value) throws IOException {
    return json(value);
  }

  private static String json(Object value) {
    if (value instanceof Map<?, ?> map) {
      return map.entrySet().stream()
          .map(e -> json(e.getKey()) + ":" + json(e.getValue()))
          .collect(Collectors.joining(",", "{", "}"));
    }
    return '"' + value.toString().replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
