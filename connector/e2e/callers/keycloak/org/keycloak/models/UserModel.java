package org.keycloak.models;

public interface UserModel {
  String getEmail();
}
