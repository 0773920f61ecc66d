package org.keycloak.models;

public interface KeycloakSession {
  KeycloakContext getContext();
}
