package io.github.streamleak.conformance.reactive;

import io.grpc.MethodDescriptor.MethodType;
import java.util.List;

/**
 * Cells of one kind of ending, on methods of one type.
 *
 * @param name the title in the table
 * @param type the method's
 * @param cells the rows
 * @param <S> the stub
 */
public record Group<S>(String name, MethodType type, List<Cell<S>> cells) {}
