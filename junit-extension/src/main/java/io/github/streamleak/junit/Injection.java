package io.github.streamleak.junit;

import io.github.streamleak.recorder.GrpcStreamRecorder;
import io.github.streamleak.run.Names;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.stub.AbstractStub;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;

/**
 * Makes what is injected into parameters and fields.
 *
 * <p>Stubs are made by what every generator of them has in common, and not by their generators'
 * names: so those for Kotlin, Reactor and RxJava are injected without a dependency on any.
 */
final class Injection {

  static final String VALID =
      "Channel, ManagedChannel, a generated gRPC stub, GrpcStreamRecorder and GrpcResources";

  /** The fields to inject, searched once for each class and not for each of its tests. */
  private static final ClassValue<List<Field>> FIELDS =
      new ClassValue<>() {
        @Override
        protected List<Field> computeValue(Class<?> type) {
          return AnnotationSupport.findAnnotatedFields(
              type, GrpcInject.class, field -> true, HierarchyTraversalMode.TOP_DOWN);
        }
      };

  private Injection() {}

  static boolean supports(Class<?> type) {
    return type == Channel.class
        || type == ManagedChannel.class
        || type == GrpcStreamRecorder.class
        || type == GrpcResources.class
        || AbstractStub.class.isAssignableFrom(type);
  }

  static Object make(Class<?> type, String place, Fixture fixture) {
    if (type == GrpcStreamRecorder.class) {
      return fixture.recorder();
    }
    if (type == GrpcResources.class) {
      return fixture.resources();
    }
    if (type == Channel.class || type == ManagedChannel.class) {
      return fixture.channelFor(place, Optional.empty());
    }
    ManagedChannel channel = fixture.channelFor(place, serviceOf(type));
    return stub(type, channel, place);
  }

  /** Returns the name of the service, which generated code has in a constant beside the stub. */
  private static Optional<String> serviceOf(Class<?> stub) {
    Class<?> outer = stub.getEnclosingClass();
    if (outer == null) {
      return Optional.empty();
    }
    try {
      Field name = outer.getField("SERVICE_NAME");
      return name.getType() == String.class && Modifier.isStatic(name.getModifiers())
          ? Optional.ofNullable((String) name.get(null))
          : Optional.empty();
    } catch (NoSuchFieldException | IllegalAccessException e) {
      return Optional.empty();
    }
  }

  /**
   * Makes a stub: by the static method of the class around it that takes a Channel, as protoc's
   * plugins for Java and Reactor generate it, or by a public constructor that takes one, as the
   * plugin for Kotlin does.
   */
  private static Object stub(Class<?> type, Channel channel, String place) {
    try {
      Class<?> outer = type.getEnclosingClass();
      if (outer != null) {
        for (Method method : outer.getMethods()) {
          if (Modifier.isStatic(method.getModifiers())
              && method.getReturnType() == type
              && Arrays.equals(method.getParameterTypes(), new Class<?>[] {Channel.class})) {
            return method.invoke(null, channel);
          }
        }
      }
      if (!Modifier.isAbstract(type.getModifiers())) {
        for (Constructor<?> constructor : type.getConstructors()) {
          Class<?>[] parameters = constructor.getParameterTypes();
          if (Arrays.equals(parameters, new Class<?>[] {Channel.class})) {
            return constructor.newInstance(channel);
          }
          if (Arrays.equals(parameters, new Class<?>[] {Channel.class, CallOptions.class})) {
            return constructor.newInstance(channel, CallOptions.DEFAULT);
          }
        }
      }
    } catch (ReflectiveOperationException e) {
      throw new ExtensionConfigurationException(
          place + ": the stub " + type.getName() + " cannot be made", e);
    }
    throw new ExtensionConfigurationException(
        place
            + ": "
            + type.getName()
            + " is not a generated stub: the class around it has no static method that makes one from"
            + " a Channel, and it has no public constructor that takes one. What can be injected: "
            + VALID);
  }

  /** Returns the fields of a class that are to be injected. */
  static List<Field> fieldsOf(Class<?> type) {
    return FIELDS.get(type);
  }

  /** Sets the {@link GrpcInject} fields of {@code instance}. */
  static void intoFields(Object instance, Fixture fixture) {
    for (Field field : FIELDS.get(instance.getClass())) {
      String place = "@GrpcInject " + Names.of(field);
      int modifiers = field.getModifiers();
      if (Modifier.isStatic(modifiers) || Modifier.isFinal(modifiers)) {
        throw new ExtensionConfigurationException(
            place
                + " is "
                + (Modifier.isStatic(modifiers) ? "static" : "final")
                + "; it must be neither static nor final");
      }
      if (!supports(field.getType())) {
        throw new ExtensionConfigurationException(
            place
                + " is of type "
                + field.getType().getName()
                + "; what can be injected: "
                + VALID);
      }
      Reflection.write(field, instance, make(field.getType(), place, fixture), place);
    }
  }

  /**
   * Returns whether a test class asks for a recorder or for resources. Its streams are then
   * recorded even if the check is off.
   */
  static boolean asksForRecorder(Class<?> type) {
    for (Class<?> c = type; c != null && c != Object.class; c = c.getSuperclass()) {
      Stream<Class<?>> types =
          Stream.concat(
              Stream.of(c.getDeclaredMethods(), c.getMethods(), c.getDeclaredConstructors())
                  .flatMap(Arrays::<Executable>stream)
                  .flatMap(executable -> Arrays.stream(executable.getParameterTypes())),
              Arrays.stream(c.getDeclaredFields()).map(Field::getType));
      if (types.anyMatch(t -> t == GrpcStreamRecorder.class || t == GrpcResources.class)) {
        return true;
      }
    }
    return type.getEnclosingClass() != null && asksForRecorder(type.getEnclosingClass());
  }
}
